#include "registers/src/itkassa/answer.hpp"

#include "findings.hpp"
#include "registers/src/itkassa/registers.hpp"

namespace kassaflow::fuzz {
namespace {

constexpr const char* kRegister = "11111111-2222-3333-4444-555555555555";

registers::AttemptRef attempt(std::string remote_id) {
  return {
      .key = "5f0c6c55-7a52-4c39-8c34-9f6f5f3e2a01",
      .remote_id = std::move(remote_id),
      .body =
          R"({"creItemId":"11111111-2222-3333-4444-555555555555","idempKey":"5f0c6c55-7a52-4c39-8c34-9f6f5f3e2a01",)"
          R"("commands":[{"type":"sale","amountElectronic":"1000.00"}]})",
      .total_kopecks = 100'000,
      .settlement_type = fiscal::SettlementType::income,
      .repeated = false};
}

void read_all(const registers::itkassa::Requested& requested, std::string_view input) {
  using namespace registers::itkassa;
  for (const int status : {200, 201, 400, 404, 409, 500}) {
    check(read_posted(status, input, requested));
    check(read_queried(status, input, requested, QueryBy::id));
    check(read_queried(status, input, requested, QueryBy::key));
  }
  if (const auto called_back = read_called_back(input, requested)) check(*called_back);
}

}  // namespace

void itkassa_answer(std::string_view input) {
  using namespace registers::itkassa;
  for (const char* remote_id : {"", "aaaaaaaa-0000-4000-8000-000000000001"}) {
    read_all(requested_of(attempt(remote_id), kRegister, "Europe/Moscow"), input);
  }
  // The stored bytes of an attempt are read back too.
  auto damaged = attempt("");
  damaged.body = input;
  check(read_posted(200, input, requested_of(damaged, kRegister, "Europe/Moscow")));
  const auto health = read_registers(200, input, kRegister, 1'772'355'700);
  require(fiscal::is_utf8(health.detail) && fiscal::is_utf8(health.fn) && fiscal::is_utf8(health.registration_number),
          "a register's state can be stored and shown");
}

}  // namespace kassaflow::fuzz
