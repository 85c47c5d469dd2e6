#include "kassaflow/records/convert.hpp"

#include <limits>
#include <optional>
#include <string>

#include "kassaflow/base/check.hpp"
#include "kassaflow/fiscal/codes.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::records {
namespace {

using fiscal::Kopecks;
using fiscal::Quantity;

void put(const fiscal::Supplier& supplier, v1::Supplier& record) {
  record.set_name(supplier.name);
  record.set_inn(supplier.inn);
  for (const auto& phone : supplier.phones) record.add_phones(phone);
}

void put(const fiscal::Line& line, v1::Line& record) {
  record.set_name(line.name);
  record.set_price_kopecks(line.price.value());
  record.set_quantity_thousandths(line.quantity.thousandths());
  record.set_sum_kopecks(line.sum.value());
  record.set_vat(fiscal::code(line.vat));
  record.set_method(fiscal::code(line.method));
  record.set_subject(fiscal::code(line.subject));
  if (line.measure) record.set_measure(*line.measure);
  record.set_marking_code(line.marking_code);
  record.set_product_code(line.product_code);
  if (line.supplier) put(*line.supplier, *record.mutable_supplier());
}

void put(const fiscal::Payments& payments, v1::Payments& record) {
  record.set_cash_kopecks(payments.cash.value());
  record.set_cashless_kopecks(payments.cashless.value());
  record.set_advance_kopecks(payments.advance.value());
  record.set_credit_kopecks(payments.credit.value());
  record.set_counter_provision_kopecks(payments.counter_provision.value());
}

fiscal::Supplier take(const v1::Supplier& record) {
  return {record.name(), record.inn(), {record.phones().begin(), record.phones().end()}};
}

fiscal::Payments take(const v1::Payments& record) {
  return {Kopecks(record.cash_kopecks()), Kopecks(record.cashless_kopecks()), Kopecks(record.advance_kopecks()),
          Kopecks(record.credit_kopecks()), Kopecks(record.counter_provision_kopecks())};
}

tl::unexpected<Error> unknown(ErrorCode kind, const std::string& what, std::int64_t code) {
  return fail(kind, "record has the unknown " + what + " code " + std::to_string(code));
}

Result<fiscal::Line> take(const v1::Line& record) {
  const auto vat = fiscal::vat_from_code(record.vat());
  if (!vat) return unknown(kUnknownVat, "vat", record.vat());
  const auto method = fiscal::payment_method_from_code(record.method());
  if (!method) return unknown(kUnknownMethod, "method", record.method());
  const auto subject = fiscal::subject_from_code(record.subject());
  if (!subject) return unknown(kUnknownSubject, "subject", record.subject());
  if (record.measure() < 0 || record.measure() > std::numeric_limits<std::uint8_t>::max()) {
    return unknown(kUnknownMeasure, "measure", record.measure());
  }
  fiscal::Line line;
  line.name = record.name();
  line.price = Kopecks(record.price_kopecks());
  line.quantity = Quantity(record.quantity_thousandths());
  line.sum = Kopecks(record.sum_kopecks());
  line.vat = *vat;
  line.method = *method;
  line.subject = *subject;
  if (record.has_measure()) line.measure = static_cast<std::uint8_t>(record.measure());
  line.marking_code = record.marking_code();
  line.product_code = record.product_code();
  if (record.has_supplier()) line.supplier = take(record.supplier());
  return line;
}

}  // namespace

v1::Receipt to_record(const fiscal::Receipt& receipt) {
  v1::Receipt record;
  record.set_sign(fiscal::code(receipt.settlement_type));
  for (const auto& line : receipt.lines) put(line, *record.add_lines());
  put(receipt.payments, *record.mutable_payments());
  record.set_total_kopecks(receipt.total.value());
  record.set_buyer_contact(receipt.buyer_contact);
  for (const auto& warning : receipt.warnings) {
    auto& told = *record.add_warnings();
    told.set_kind(warning.kind);
    told.set_line(static_cast<std::uint32_t>(warning.line));
    told.set_text(warning.text);
  }
  return record;
}

v1::FiscalDocument to_record(const fiscal::FiscalDocument& document) {
  v1::FiscalDocument record;
  record.set_fn(document.fn);
  record.set_fd(document.fd);
  record.set_fp(document.fp);
  record.set_registration_number(document.registration_number);
  if (document.shift) record.set_shift(*document.shift);
  if (document.receipt_number) record.set_receipt_number(*document.receipt_number);
  record.set_printed_at_s(document.printed_at_s);
  record.set_printed_at_is_gateway_clock(document.printed_at_is_gateway_clock);
  record.set_test(document.test);
  return record;
}

Result<fiscal::Receipt> from_record(const v1::Receipt& record) {
  const auto settlement_type = fiscal::settlement_type_from_code(record.sign());
  if (!settlement_type) return unknown(kUnknownSign, "sign", record.sign());
  fiscal::Receipt receipt;
  receipt.settlement_type = *settlement_type;
  receipt.lines.reserve(static_cast<std::size_t>(record.lines_size()));
  for (const auto& line_record : record.lines()) {
    auto line = take(line_record);
    if (!line) return tl::unexpected(std::move(line.error()));
    receipt.lines.push_back(std::move(*line));
  }
  receipt.payments = take(record.payments());
  receipt.total = Kopecks(record.total_kopecks());
  receipt.buyer_contact = record.buyer_contact();
  for (const auto& told : record.warnings()) receipt.warnings.push_back({told.kind(), told.line(), told.text()});
  return receipt;
}

fiscal::FiscalDocument from_record(const v1::FiscalDocument& record) {
  fiscal::FiscalDocument document;
  document.fn = record.fn();
  document.fd = record.fd();
  document.fp = record.fp();
  document.registration_number = record.registration_number();
  if (record.has_shift()) document.shift = record.shift();
  if (record.has_receipt_number()) document.receipt_number = record.receipt_number();
  document.printed_at_s = record.printed_at_s();
  document.printed_at_is_gateway_clock = record.printed_at_is_gateway_clock();
  document.test = record.test();
  return document;
}

v1::ReceiptState to_record(receipts::State state) {
  switch (state) {
    case receipts::State::queued:
      return v1::RECEIPT_STATE_QUEUED;
    case receipts::State::printing:
      return v1::RECEIPT_STATE_PRINTING;
    case receipts::State::uncertain:
      return v1::RECEIPT_STATE_UNCERTAIN;
    case receipts::State::held:
      return v1::RECEIPT_STATE_HELD;
    case receipts::State::done:
      return v1::RECEIPT_STATE_DONE;
    case receipts::State::failed:
      return v1::RECEIPT_STATE_FAILED;
  }
  never();
}

std::optional<receipts::State> from_record(v1::ReceiptState state) {
  switch (state) {
    case v1::RECEIPT_STATE_QUEUED:
      return receipts::State::queued;
    case v1::RECEIPT_STATE_PRINTING:
      return receipts::State::printing;
    case v1::RECEIPT_STATE_UNCERTAIN:
      return receipts::State::uncertain;
    case v1::RECEIPT_STATE_HELD:
      return receipts::State::held;
    case v1::RECEIPT_STATE_DONE:
      return receipts::State::done;
    case v1::RECEIPT_STATE_FAILED:
      return receipts::State::failed;
    case v1::RECEIPT_STATE_UNSPECIFIED:
    case v1::ReceiptState_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::ReceiptState_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return std::nullopt;
}

std::optional<receipts::AttemptOutcome> from_record(v1::AttemptOutcome outcome) {
  switch (outcome) {
    case v1::ATTEMPT_OUTCOME_OPEN:
      return receipts::AttemptOutcome::open;
    case v1::ATTEMPT_OUTCOME_PRINTED:
      return receipts::AttemptOutcome::printed;
    case v1::ATTEMPT_OUTCOME_NOT_PRINTED:
      return receipts::AttemptOutcome::not_printed;
    case v1::ATTEMPT_OUTCOME_UNKNOWN:
      return receipts::AttemptOutcome::unknown;
    case v1::ATTEMPT_OUTCOME_UNSPECIFIED:
    case v1::AttemptOutcome_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::AttemptOutcome_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return std::nullopt;
}

v1::AttemptOutcome to_record(receipts::AttemptOutcome outcome) {
  switch (outcome) {
    case receipts::AttemptOutcome::open:
      return v1::ATTEMPT_OUTCOME_OPEN;
    case receipts::AttemptOutcome::printed:
      return v1::ATTEMPT_OUTCOME_PRINTED;
    case receipts::AttemptOutcome::not_printed:
      return v1::ATTEMPT_OUTCOME_NOT_PRINTED;
    case receipts::AttemptOutcome::unknown:
      return v1::ATTEMPT_OUTCOME_UNKNOWN;
  }
  never();
}

std::int64_t finished_at_ms(const v1::ReceiptOutcome& outcome) {
  return outcome.finished_at_ms() > 0 ? outcome.finished_at_ms() : outcome.changed_at_ms();
}

}  // namespace kassaflow::records
