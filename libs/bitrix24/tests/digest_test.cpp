#include "kassaflow/bitrix24/digest.hpp"

#include <gtest/gtest.h>

#include <set>

#include "posts.hpp"
#include "src/form_path.hpp"

namespace kassaflow::bitrix24 {
namespace {

using Change = std::pair<std::string, std::string>;

std::string digest_with(const std::vector<Change>& changes) {
  PostBuilder post;
  for (const auto& [key, value] : changes) post.set(key, value);
  return content_digest(post.form());
}

TEST(Digest, IsASha256) { EXPECT_EQ(digest_with({}).size(), 32U); }

// What a stored digest was made of must never change under its version.
TEST(Digest, VersionOneIsFixed) {
  std::string hex;
  for (const unsigned char byte : digest_with({})) {
    static constexpr char kHex[] = "0123456789abcdef";
    hex += kHex[byte >> 4];
    hex += kHex[byte & 15];
  }
  EXPECT_EQ(kDigestVersion, 1U);
  EXPECT_EQ(hex, "09994321b5366ce3390b7919c85d3a8a2c48ba00d515005b6e3a72f7d601661e");
}

TEST(Digest, SeesEveryPartOfTheContent) {
  const std::string before = digest_with({});
  for (const Change& change : std::vector<Change>{
           {"type", "sellreturn"},
           {"items[0][name]", "Кофе"},
           {"items[0][price]", "225.01"},
           {"items[0][sum]", "450.01"},
           {"items[0][quantity]", "2.001"},
           {"items[0][vat]", "3"},
           {"items[0][payment_object]", "service"},
           {"items[0][payment_method]", "advance"},
           {"items[0][measure_code]", "166"},
           {"items[0][marking_code]", "01"},
           {"items[0][nomenclature_code]", "DM"},
           {"items[0][supplier_info][name]", "ООО"},
           {"items[0][supplier_info][inn]", "7707083893"},
           {"items[0][supplier_info][phones][0]", "+79005550000"},
           {"items[1][name]", "Ещё"},
           {"payments[0][type]", "cash"},
           {"payments[0][sum]", "451"},
           {"payments[1][type]", "cash"},
           {"total_sum", "451"},
       }) {
    EXPECT_NE(digest_with({change}), before) << change.first;
  }
}

TEST(Digest, DoesNotSeeWhatARepeatChanges) {
  const std::string before = digest_with({});
  for (const Change& change : std::vector<Change>{
           {"uuid", "check|x|85|1780300999"},
           {"date_create", "1780300999"},
           {"client_email", "other@example.ru"},
           {"client_phone", "+79001234567"},
           {"number_kkm", "box-2"},
           {"service_email", "x@example.ru"},
           {"cashbox_params[GATEWAY][TOKEN]", "ky"},
           {"items[0][base_price]", "300"},
           {"items[0][vat_sum]", "1"},
           {"items[0][additional_params][x]", "1"},
           {"order[id]", "5"},
           {"currency", ""},
       }) {
    EXPECT_EQ(digest_with({change}), before) << change.first;
  }
}

// A key that is read is content, or it is named here.
TEST(Digest, SeesEveryKeyThatIsReadAsContentButThese) {
  const std::set<std::string> not_content = {"client_email",      "client_phone",    "uuid",
                                             "number_kkm",        "calculated_sign", "unique_id",
                                             "currency",          "operation",       "items[0][currency]",
                                             "items[0][vat_sum]", "date_create",     "payments[0][currency]"};
  std::set<std::string> keys = {"items[0][name]", "items[0][supplier_info][name]"};
  for (const auto name : kTopTexts) keys.emplace(name);
  for (const auto name : kTopWords) keys.emplace(name);
  for (const auto name : kItem) keys.insert("items[0][" + std::string(name) + "]");
  for (const auto name : kSupplier) keys.insert("items[0][supplier_info][" + std::string(name) + "]");
  for (const auto name : kPayment) keys.insert("payments[0][" + std::string(name) + "]");
  keys.erase("items[0][supplier_info]");  // holds what is content
  keys.erase("items[0][supplier_info][phones]");
  keys.insert("items[0][supplier_info][phones][0]");
  const std::string before = digest_with({});
  for (const std::string& key : keys) {
    EXPECT_EQ(digest_with({{key, "7"}}) == before, not_content.contains(key)) << key;
  }
}

TEST(Digest, SeesNumbersNotTheirSpelling) {
  const std::string before = digest_with({});
  for (const char* price : {"225.0", "225.00000000", "2.25E2", "224.99999999999997", "225.000000000004"}) {
    EXPECT_EQ(digest_with({{"items[0][price]", price}}), before) << price;
  }
}

TEST(Digest, IsTheSameForBothCharsets) {
  const auto utf8 = Form::parse("items[0][name]=%D0%A7%D0%B0%D0%B9");
  const auto cp1251 = Form::parse("items[0][name]=%D7%E0%E9");
  EXPECT_EQ(content_digest(*utf8), content_digest(*cp1251));
}

TEST(Digest, ValuesDoNotRunIntoEachOther) {
  EXPECT_NE(content_digest(*Form::parse("items[0][payment_object]=ab&items[0][payment_method]=c")),
            content_digest(*Form::parse("items[0][payment_object]=a&items[0][payment_method]=bc")));
}

}  // namespace
}  // namespace kassaflow::bitrix24
