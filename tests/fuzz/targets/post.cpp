#include <map>
#include <optional>
#include <string>

#include "kassaflow/bitrix24/answers.hpp"
#include "kassaflow/bitrix24/digest.hpp"
#include "kassaflow/bitrix24/form.hpp"
#include "kassaflow/bitrix24/mapping.hpp"
#include "kassaflow/fiscal/rules.hpp"
#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/v1/records.pb.h"
#include "laborious.hpp"
#include "targets.hpp"

namespace kassaflow::fuzz {
namespace {

const std::map<std::int32_t, fiscal::Vat> kVat{{0, fiscal::Vat::none},
                                               {1, fiscal::Vat::none},
                                               {2, fiscal::Vat::vat_10},
                                               {3, fiscal::Vat::vat_22},
                                               {4, fiscal::Vat::vat_0}};

std::string_view body_of(std::string_view input) {
  const auto end_of_head = input.find("\r\n\r\n");
  return end_of_head == std::string_view::npos ? input : input.substr(end_of_head + 4);
}

// What ingress does with complaints must work for any of them.
void refuse(const bitrix24::Complaints& complaints) {
  require(!complaints.empty(), "a refusal says why");
  require(fiscal::is_utf8(bitrix24::print_refused(complaints)), "an answer is UTF-8");
}

void check_receipt(const fiscal::Receipt& receipt, fiscal::Ffd ffd) {
  require(fiscal::validate(receipt, ffd).empty(), "a mapped receipt keeps the rules");
  v1::Receipt record;
  require(record.ParseFromString(records::to_record(receipt).SerializeAsString()), "a mapped receipt travels");
  require(records::from_record(record) == receipt, "a mapped receipt arrives as it was sent");
}

void run(std::string_view input) {
  const auto form = bitrix24::Form::parse(body_of(input));
  if (!form) return refuse({form.error().message});
  require(bitrix24::content_digest(*form).size() == 32, "a digest has 32 bytes");
  if (const auto known = bitrix24::read_post(*form); !known) refuse(known.error());
  for (const auto marked : {bitrix24::MarkedWithoutCode::refuse, bitrix24::MarkedWithoutCode::allow}) {
    std::optional<fiscal::Receipt> before;
    for (const fiscal::Ffd ffd : {fiscal::Ffd::v1_05, fiscal::Ffd::v1_2}) {
      const auto receipt = bitrix24::map_receipt(*form, {kVat, marked, ffd});
      if (!receipt) {
        refuse(receipt.error());
        continue;
      }
      check_receipt(*receipt, ffd);
      require(!before || *before == *receipt, "a receipt is the same whatever the format of its register");
      before = *receipt;
    }
  }
}

// What ingress does with a post.
void accept(std::string_view body) {
  const auto form = bitrix24::Form::parse(body);
  if (!form) return;
  (void)bitrix24::read_post(*form);
  (void)bitrix24::content_digest(*form);
  (void)bitrix24::cashbox_param(*form, "no.such.parameter");
  const auto receipt = bitrix24::map_receipt(*form, {kVat, bitrix24::MarkedWithoutCode::allow, fiscal::Ffd::v1_2});
  if (receipt) (void)records::to_record(*receipt).SerializeAsString();
}

constexpr std::string_view kHead = "type=sell&unique_id=7&date_create=1&total_sum=1&payments[0][type]=cash&";

std::string at(const char* list, std::size_t number, std::string_view rest) {
  return std::string(list) + "[" + std::to_string(number) + "]" + std::string(rest);
}

std::string name_of(std::size_t bytes, std::string_view piece) { return repeated(bytes, piece, "items[0][name]="); }

constexpr Cost kCosts[] = {
    {"lines",
     [](std::size_t bytes) {
       return numbered(
           bytes,
           [](std::size_t i) {
             return at("items", i, "[name]=x&") + at("items", i, "[price]=1&") + at("items", i, "[quantity]=1&") +
                    at("items", i, "[sum]=1&") + at("items", i, "[vat]=0&") +
                    at("items", i, "[payment_object]=commodity&");
           },
           kHead);
     },
     accept},
    {"lines_without_content",
     [](std::size_t bytes) { return numbered(bytes, [](std::size_t i) { return at("items", i, "=&"); }, kHead); },
     accept},
    {"payments",
     [](std::size_t bytes) { return numbered(bytes, [](std::size_t i) { return at("payments", i, "[sum]=1&"); }); },
     accept},
    {"phones",
     [](std::size_t bytes) {
       return numbered(bytes, [](std::size_t i) { return at("items[0][supplier_info][phones]", i, "=+&"); });
     },
     accept},
    {"appended_phones",
     [](std::size_t bytes) { return repeated(bytes, "items[0][supplier_info][phones][]=&", "items[0][name]=x&"); },
     accept},
    {"parameters",
     [](std::size_t bytes) { return numbered(bytes, [](std::size_t i) { return at("cashbox_params", i, "=x&"); }); },
     accept},
    {"one_parameter_again_and_again", [](std::size_t bytes) { return repeated(bytes, "cashbox_params[a]=&"); }, accept},
    {"a_list_and_a_value_in_turns", [](std::size_t bytes) { return repeated(bytes, "items[a]=&items=&"); }, accept},
    {"unknown_keys",
     [](std::size_t bytes) { return numbered(bytes, [](std::size_t i) { return std::to_string(i) + "=&"; }); }, accept},
    {"no_keys", [](std::size_t bytes) { return repeated(bytes, "&"); }, accept},
    {"equals_signs", [](std::size_t bytes) { return repeated(bytes, "=&"); }, accept},
    {"open_brackets", [](std::size_t bytes) { return repeated(bytes, "[", "a"); }, accept},
    {"open_and_closed_brackets", [](std::size_t bytes) { return repeated(bytes, "[]", "a", "=1"); }, accept},
    {"encoded", [](std::size_t bytes) { return name_of(bytes, "%D0%AF"); }, accept},
    {"encoded_ampersands", [](std::size_t bytes) { return name_of(bytes, "%26amp%3Bamp%3B"); }, accept},
    {"plus_signs", [](std::size_t bytes) { return name_of(bytes, "+"); }, accept},
    {"marks", [](std::size_t bytes) { return name_of(bytes, "%CC%81%CC%A3"); }, accept},
    {"names_of_marks",
     [](std::size_t bytes) {
       constexpr std::size_t kNames = 16;
       return numbered(bytes, [bytes](std::size_t i) {
         return repeated(bytes / kNames, "%CC%81%CC%A3", at("items", i, "[name]=a"), "&");
       });
     },
     accept},
    {"windows_1251", [](std::size_t bytes) { return name_of(bytes, "\xD7\xE0\xE9 \x96 "); }, accept},
    {"both_charsets",
     [](std::size_t bytes) { return repeated(bytes, "cashbox_params[a]=\xD7\xE0&cashbox_params[b]=\u0427&"); }, accept},
    {"cut_characters",
     [](std::size_t bytes) {
       return numbered(bytes, [](std::size_t i) { return at("cashbox_params", i, "=\u0427\xD0&"); });
     },
     accept},
    {"marking_codes",
     [](std::size_t bytes) {
       constexpr std::size_t kLongest = 400;
       return numbered(bytes, [](std::size_t i) {
         return at("items", i, "[payment_object]=commodity_marking&") +
                repeated(kLongest, "(", at("items", i, "[marking_code]="), "&");
       });
     },
     accept},
    {"head_of_a_request", [](std::size_t bytes) { return repeated(bytes, "\r\n"); }},
};

}  // namespace

constinit const Target post{"post", run, kCosts};

}  // namespace kassaflow::fuzz
