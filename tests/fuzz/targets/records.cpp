// What the services read from Kafka and of each other.

#include <google/protobuf/stubs/logging.h>

#include "kassaflow/fiscal/rules.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/records/read.hpp"
#include "kassaflow/v1/records.pb.h"
#include "kassaflow/v1/status.pb.h"
#include "laborious.hpp"
#include "targets.hpp"

namespace kassaflow::fuzz {
namespace {

template <class Message>
bool parse(Message& message, std::string_view input) {
  return message.ParseFromArray(input.data(), static_cast<int>(input.size()));
}

// As a reader of a topic does, who does not know who wrote the record.
template <class Message>
void read_within_limits(std::string_view input) {
  Message record;
  const auto read = records::read(input, record);
  if (!read) return require(!read.error().message.empty(), "a refusal says why");
  Message again;
  require(records::read(record.SerializeAsString(), again).has_value(), "what is within its limits stays so");
}

void read_receipt(const v1::Receipt& record) {
  const auto receipt = records::from_record(record);
  if (!receipt) return require(!receipt.error().message.empty(), "a refusal says why");
  const auto again = records::from_record(records::to_record(*receipt));
  require(again && *again == *receipt, "a receipt travels on as it came");
  (void)fiscal::validate(*receipt, fiscal::Ffd::v1_2);
}

void run(std::string_view input) {
  static const auto said_before = google::protobuf::SetLogHandler(nullptr);  // a line for each text that is not UTF-8
  (void)said_before;
  if (v1::ReceiptAccepted accepted; parse(accepted, input)) read_receipt(accepted.receipt());
  if (v1::ReceiptOutcome outcome; parse(outcome, input)) {
    (void)records::from_record(outcome.state());
    const auto document = records::from_record(outcome.fiscal());
    require(records::from_record(records::to_record(document)) == document, "a document travels on as it came");
    for (const auto& attempt : outcome.attempts()) (void)records::from_record(attempt.outcome());
  }
  read_within_limits<v1::ReceiptAccepted>(input);
  read_within_limits<v1::ReceiptOutcome>(input);
  read_within_limits<v1::ReceiptOwner>(input);
  read_within_limits<v1::RegisterCallback>(input);
  v1::LookUpRequest question;
  (void)parse(question, input);
}

std::string accepted_with(std::size_t bytes, const v1::Line& line) {
  v1::ReceiptAccepted accepted;
  accepted.mutable_receipt()->set_sign(1);
  const std::size_t size = line.ByteSizeLong();
  for (std::size_t made = 0; made < bytes; made += size + 2) *accepted.mutable_receipt()->add_lines() = line;
  return accepted.SerializeAsString();
}

v1::Line line_of(const std::string& name) {
  v1::Line line;
  line.set_name(name);
  line.set_quantity_thousandths(1000);
  line.set_vat(6);
  line.set_method(4);
  line.set_subject(1);
  return line;
}

constexpr Cost kCosts[] = {
    {"lines", [](std::size_t bytes) { return accepted_with(bytes, line_of("a")); }},
    {"lines_of_an_unknown_rate",
     [](std::size_t bytes) {
       v1::Line line = line_of("a");
       line.set_vat(99);
       return accepted_with(bytes, line);
     }},
    {"a_long_name", [](std::size_t bytes) { return accepted_with(1, line_of(repeated(bytes, "я"))); }},
    {"a_name_of_signs", [](std::size_t bytes) { return accepted_with(1, line_of(repeated(bytes, "\u0301\u0323"))); }},
    {"phones",
     [](std::size_t bytes) {
       v1::Line line = line_of("a");
       for (std::size_t made = 0; made < bytes; made += 14) line.mutable_supplier()->add_phones("+79991234567");
       return accepted_with(1, line);
     }},
    {"attempts",
     [](std::size_t bytes) {
       v1::ReceiptOutcome outcome;
       for (std::size_t made = 0; made < bytes; made += 4) outcome.add_attempts()->set_number(1);
       return outcome.SerializeAsString();
     }},
    {"unknown_fields", [](std::size_t bytes) { return repeated(bytes, "\xF8\x07\x01"); }},
    {"unknown_groups", [](std::size_t bytes) { return repeated(bytes, "\xFB\x07"); }},
};

}  // namespace

constinit const Target records{"records", run, kCosts};

}  // namespace kassaflow::fuzz
