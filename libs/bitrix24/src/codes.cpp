#include "codes.hpp"

#include <algorithm>
#include <array>

#include "kassaflow/base/words.hpp"

namespace kassaflow::bitrix24 {

namespace {

using fiscal::PaymentMethod;
using fiscal::SettlementType;

constexpr std::array kCheckTypes = {
    CheckType{"sell", SettlementType::income, PaymentMethod::full_payment},
    CheckType{"sellreturn", SettlementType::income_return, PaymentMethod::full_payment},
    CheckType{"sellreturncash", SettlementType::income_return, PaymentMethod::full_payment},
    CheckType{"advancepayment", SettlementType::income, PaymentMethod::advance},
    CheckType{"advancereturn", SettlementType::income_return, PaymentMethod::advance},
    CheckType{"advancereturncash", SettlementType::income_return, PaymentMethod::advance},
    CheckType{"prepayment", SettlementType::income, PaymentMethod::prepayment},
    CheckType{"prepaymentreturn", SettlementType::income_return, PaymentMethod::prepayment},
    CheckType{"prepaymentreturncash", SettlementType::income_return, PaymentMethod::prepayment},
    CheckType{"fullprepayment", SettlementType::income, PaymentMethod::full_prepayment},
    CheckType{"fullprepaymentreturn", SettlementType::income_return, PaymentMethod::full_prepayment},
    CheckType{"fullprepaymentreturncash", SettlementType::income_return, PaymentMethod::full_prepayment},
    CheckType{"credit", SettlementType::income, PaymentMethod::credit},
    CheckType{"creditreturn", SettlementType::income_return, PaymentMethod::credit},
    CheckType{"creditpayment", SettlementType::income, PaymentMethod::credit_payment},
    CheckType{"creditpaymentreturn", SettlementType::income_return, PaymentMethod::credit_payment},
    CheckType{"creditpaymentreturncash", SettlementType::income_return, PaymentMethod::credit_payment},
};

constexpr Words<PaymentMethod, 7> kMethods = {{
    {"full_payment", PaymentMethod::full_payment},
    {"full_prepayment", PaymentMethod::full_prepayment},
    {"prepayment", PaymentMethod::prepayment},
    {"advance", PaymentMethod::advance},
    {"partial_payment", PaymentMethod::partial_payment},
    {"credit", PaymentMethod::credit},
    {"credit_payment", PaymentMethod::credit_payment},
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

std::span<const CheckType> check_types() { return kCheckTypes; }

const CheckType* find_check_type(std::string_view name) {
  const auto* row =
      std::find_if(kCheckTypes.begin(), kCheckTypes.end(), [&](const CheckType& t) { return t.name == name; });
  return row == kCheckTypes.end() ? nullptr : row;
}

std::optional<SettlementType> find_settlement_type(std::string_view name) {
  if (name == "income") return SettlementType::income;
  if (name == "consumption") return SettlementType::income_return;
  return std::nullopt;
}

std::optional<PaymentMethod> find_payment_method(std::string_view name) { return value_of(kMethods, name); }

std::optional<std::uint8_t> find_payment_subject(std::string_view name) { return value_of(kObjects, name); }

bool is_rouble(std::string_view currency) { return currency.empty() || currency == "RUB" || currency == "RUR"; }

}  // namespace kassaflow::bitrix24
