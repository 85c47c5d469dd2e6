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

}  // namespace

void post(std::string_view input) {
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

}  // namespace kassaflow::fuzz
