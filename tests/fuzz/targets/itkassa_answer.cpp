#include "registers/src/itkassa/answer.hpp"

#include "findings.hpp"
#include "laborious.hpp"
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

void run(std::string_view input) {
  using namespace registers::itkassa;
  for (const char* remote_id : {"", "aaaaaaaa-0000-4000-8000-000000000001"}) {
    read_all(requested_of(attempt(remote_id), kRegister, "Europe/Moscow"), input);
  }
  // The stored bytes of an attempt are read back too.
  auto damaged = attempt("");
  damaged.body = input;
  check(read_posted(200, input, requested_of(damaged, kRegister, "Europe/Moscow")));
  const auto health = read_registers(200, input, kRegister, "Europe/Moscow", 1'772'355'700);
  require(fiscal::is_utf8(health.detail) && fiscal::is_utf8(health.fn) && fiscal::is_utf8(health.registration_number),
          "a register's state can be stored and shown");
  if (const auto named = named_in_callback(input)) {
    require(fiscal::is_utf8(named->cre_item_id) && fiscal::is_utf8(named->key) && fiscal::is_utf8(named->document_id),
            "what a callback names can be stored");
  }
}

// What the driver and ingress do with an answer or a callback, whatever it is.
void read_once(std::string_view input) {
  using namespace registers::itkassa;
  static const Requested requested = requested_of(attempt(""), kRegister, "Europe/Moscow");
  (void)read_posted(200, input, requested);
  (void)read_queried(404, input, requested, QueryBy::key);
  (void)read_called_back(input, requested);
  (void)named_in_callback(input);
  (void)read_registers(200, input, kRegister, "Europe/Moscow", 1'772'355'700);
}

// What a callback is, and the `object` of an answer.
std::string document(std::string_view members) {
  return R"({"id":"d","type":"sale","idempKey":"5f0c6c55-7a52-4c39-8c34-9f6f5f3e2a01",)" + std::string(members);
}

std::string refusal(std::size_t bytes, std::string_view piece) {
  return repeated(bytes, piece, R"({"code":1,"message":")", R"("})");
}

std::string failed(std::size_t bytes, std::string_view piece) {
  return repeated(bytes, piece, document(R"("resultItem":{"result":"critical_error","creErrorText":")"), R"("}})");
}

constexpr Cost kCosts[] = {
    {"refusal_in_words", [](std::size_t bytes) { return refusal(bytes, "ошибка "); }, read_once},
    {"refusal_in_parts",
     [](std::size_t bytes) {
       return numbered(
           bytes, [](std::size_t i) { return "\"" + std::to_string(i) + R"(":"ошибка",)"; }, R"({"code":1,)",
           R"("message":""})");
     },
     read_once},
    {"error_in_words", [](std::size_t bytes) { return failed(bytes, "ошибка "); }, read_once},
    {"error_of_long_numbers", [](std::size_t bytes) { return failed(bytes, "123456789 "); }, read_once},
    {"members_of_one_name",
     [](std::size_t bytes) { return repeated(bytes, R"("object":{},)", R"({"code":0,)", R"("message":""})"); },
     read_once},
    {"lines",
     [](std::size_t bytes) {
       return repeated(bytes, R"({"total":"1.00"},)", document(R"("commands":[{"lines":[)"), R"({"total":"1"}]}]})");
     },
     read_once},
    {"lines_in_a_text",
     [](std::size_t bytes) {
       return repeated(bytes, R"({\"total\":\"1.00\"},)", document(R"("commands":"[{\"lines\":[)"), R"({}]}]"})");
     },
     read_once},
    {"long_numbers",
     [](std::size_t bytes) { return repeated(bytes, "0", document(R"("queueItem":1,"checkNumber":"1.)"), R"(E20"})"); },
     read_once},
    {"groups_of_digits",
     [](std::size_t bytes) { return repeated(bytes, "000 ", document(R"("resultItem":{},"fsNumber":")"), R"(0"})"); },
     read_once},
    {"long_id", [](std::size_t bytes) { return repeated(bytes, "a", R"({"id":")", R"("})"); }, read_once},
    {"registers",
     [](std::size_t bytes) {
       return numbered(
           bytes, [](std::size_t i) { return R"({"id":")" + std::to_string(i) + R"("},)"; }, R"({"list":[)", "{}]}");
     },
     read_once},
    {"depth", [](std::size_t bytes) { return repeated(bytes, R"({"object":)"); }, read_once},
    {"windows_1251", [](std::size_t bytes) { return refusal(bytes, "\xEE\xF8 "); }, read_once},
};

}  // namespace

constinit const Target itkassa_answer{"itkassa_answer", run, kCosts};

}  // namespace kassaflow::fuzz
