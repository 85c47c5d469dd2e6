#include "codes.hpp"

#include <algorithm>
#include <array>

#include "kassaflow/base/words.hpp"

namespace kassaflow::bitrix24 {

namespace {

using fiscal::Method;
using fiscal::Sign;

constexpr std::array kCheckTypes = {
    CheckType{"sell", Sign::income, Method::full_payment},
    CheckType{"sellreturn", Sign::income_return, Method::full_payment},
    CheckType{"sellreturncash", Sign::income_return, Method::full_payment},
    CheckType{"advancepayment", Sign::income, Method::advance},
    CheckType{"advancereturn", Sign::income_return, Method::advance},
    CheckType{"advancereturncash", Sign::income_return, Method::advance},
    CheckType{"prepayment", Sign::income, Method::prepayment},
    CheckType{"prepaymentreturn", Sign::income_return, Method::prepayment},
    CheckType{"prepaymentreturncash", Sign::income_return, Method::prepayment},
    CheckType{"fullprepayment", Sign::income, Method::full_prepayment},
    CheckType{"fullprepaymentreturn", Sign::income_return, Method::full_prepayment},
    CheckType{"fullprepaymentreturncash", Sign::income_return, Method::full_prepayment},
    CheckType{"credit", Sign::income, Method::credit},
    CheckType{"creditreturn", Sign::income_return, Method::credit},
    CheckType{"creditpayment", Sign::income, Method::credit_payment},
    CheckType{"creditpaymentreturn", Sign::income_return, Method::credit_payment},
    CheckType{"creditpaymentreturncash", Sign::income_return, Method::credit_payment},
};

constexpr Words<Method, 7> kMethods = {{
    {"full_payment", Method::full_payment},
    {"full_prepayment", Method::full_prepayment},
    {"prepayment", Method::prepayment},
    {"advance", Method::advance},
    {"partial_payment", Method::partial_payment},
    {"credit", Method::credit},
    {"credit_payment", Method::credit_payment},
}};

constexpr Words<std::uint8_t, 29> kObjects = {{
    {"commodity", 1},
    {"commodity_marking", 33},
    {"service", 4},
    {"payment", 10},
    {"excise", 2},
    {"job", 3},
    {"gambling_bet", 5},
    {"gambling_prize", 6},
    {"lottery", 7},
    {"lottery_prize", 8},
    {"intellectual_activity", 9},
    {"agent_commission", 11},
    {"composite", 12},
    {"another", 13},
    {"property_right", 14},
    {"non-operating_gain", 15},
    {"sales_tax", 17},
    {"resort_fee", 18},
    {"deposit", 19},
    {"expense", 20},
    {"pension_insurance_ip", 21},
    {"pension_insurance", 22},
    {"medical_insurance_ip", 23},
    {"medical_insurance", 24},
    {"social_insurance", 25},
    {"casino_payment", 26},
    {"commodity_marking_no_marking_excise", 30},
    {"commodity_marking_excise", 31},
    {"commodity_marking_no_marking", 32},
}};

}  // namespace

const CheckType* find_check_type(std::string_view name) {
  const auto* row =
      std::find_if(kCheckTypes.begin(), kCheckTypes.end(), [&](const CheckType& t) { return t.name == name; });
  return row == kCheckTypes.end() ? nullptr : row;
}

std::optional<Sign> find_sign(std::string_view name) {
  if (name == "income") return Sign::income;
  if (name == "consumption") return Sign::income_return;
  return std::nullopt;
}

std::optional<Method> find_method(std::string_view name) { return value_of(kMethods, name); }

std::optional<std::uint8_t> find_object(std::string_view name) { return value_of(kObjects, name); }

bool is_rouble(std::string_view currency) { return currency.empty() || currency == "RUB" || currency == "RUR"; }

}  // namespace kassaflow::bitrix24
