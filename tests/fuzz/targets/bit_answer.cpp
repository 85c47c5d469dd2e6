#include "registers/src/bit/answer.hpp"

#include "findings.hpp"
#include "laborious.hpp"

namespace kassaflow::fuzz {
namespace {

using registers::Fact;
using registers::bit::Command;

registers::bit::Requested requested_of(Command command) {
  registers::bit::Requested requested;
  requested.command = command;
  requested.name = command == Command::receipt ? "receipt-700123" : "shift-700123";
  requested.content = {command == Command::receipt, 100'000, fiscal::SettlementType::income};
  requested.timezone = "Europe/Moscow";
  requested.registration_number = "0000000001047487";
  requested.now_s = 1'772'355'700;
  return requested;
}

void run(std::string_view input) {
  for (const auto command : {Command::receipt, Command::open_shift, Command::close_shift}) {
    const registers::bit::Requested requested = requested_of(command);
    for (const int status : {200, 400, 502}) check(read_answer(status, input, requested));
    const auto broken = read_broken(input, requested, "reset", "Связь прервалась");
    check(broken);
    require(broken.fact == Fact::unknown || broken.fact == Fact::printed,
            "a broken answer never proves that nothing was printed");
  }
}

// What the driver does with an answer that came, or was cut.
void read_once(std::string_view input) {
  static const registers::bit::Requested requested = requested_of(Command::receipt);
  (void)read_answer(200, input, requested);
  (void)read_broken(input, requested, "reset", "Связь прервалась");
}

// Our command's entry, whose words are this piece again and again.
std::string success(std::size_t bytes, std::string_view piece) {
  return repeated(bytes, piece, R"([{"name":"receipt-700123","success":")", R"("}])");
}
std::string error(std::size_t bytes, std::string_view piece) {
  return repeated(bytes, piece, R"([{"name":"receipt-700123","error":")", R"("}])");
}

std::string qr(std::size_t number) {
  return "t=20260301T1201&s=1000.00&fn=7380440800000001&i=" + std::to_string(number % 1000 + 1) + "&fp=3115223344&n=1 ";
}

constexpr Cost kCosts[] = {
    {"beginnings_of_qr_codes", [](std::size_t bytes) { return success(bytes, "t=2"); }, read_once},
    {"days_of_qr_codes", [](std::size_t bytes) { return success(bytes, "t=20260301T"); }, read_once},
    {"qr_codes_in_qr_codes", [](std::size_t bytes) { return success(bytes, "t=20260301T&s=&fn=&i=&fp=&n=1"); },
     read_once},
    {"qr_codes",
     [](std::size_t bytes) { return numbered(bytes, qr, R"([{"name":"receipt-700123","success":")", R"("}])"); },
     read_once},
    {"qr_codes_cut_off", [](std::size_t bytes) { return numbered(bytes, qr); }, read_once},
    {"escaped_ampersands_cut_off", [](std::size_t bytes) { return repeated(bytes, R"(\u0026)"); }, read_once},
    {"labels", [](std::size_t bytes) { return success(bytes, "ФН ФД ФП ЧЕК РНМ "); }, read_once},
    {"labels_with_numbers", [](std::size_t bytes) { return success(bytes, "ЧЕК 123 456 789 "); }, read_once},
    {"one_label_with_groups", [](std::size_t bytes) { return repeated(bytes, " 123", R"(["ФД 7)", R"("])"); },
     read_once},
    {"one_label_with_digits", [](std::size_t bytes) { return repeated(bytes, "7", R"(["ФН)", R"("])"); }, read_once},
    {"signs_after_a_label", [](std::size_t bytes) { return success(bytes, "ФД№№№№№"); }, read_once},
    {"lines_of_tags", [](std::size_t bytes) { return success(bytes, R"(1077,:1\n)"); }, read_once},
    {"settlement_types", [](std::size_t bytes) { return success(bytes, R"(1054:возврат\n)"); }, read_once},
    {"one_line_of_a_tag", [](std::size_t bytes) { return success(bytes, "1054=расход "); }, read_once},
    {"tags",
     [](std::size_t bytes) {
       return numbered(
           bytes, [](std::size_t i) { return R"("a)" + std::to_string(i) + R"(_1041":"7380440800000001",)"; }, "{",
           R"("name":"x"})");
     },
     read_once},
    {"tags_with_long_numbers", [](std::size_t bytes) { return repeated(bytes, "0", R"({"a_1040":"1.)", R"(E20"})"); },
     read_once},
    {"entries_by_name",
     [](std::size_t bytes) {
       return numbered(
           bytes, [](std::size_t i) { return "\"" + std::to_string(i) + R"(":{"error":""},)"; }, R"({"result":false,)",
           R"("x":{}})");
     },
     read_once},
    {"entries_of_one_name",
     [](std::size_t bytes) { return repeated(bytes, R"({"name":"receipt-700123"},)", "[", "{}]"); }, read_once},
    {"members_of_one_name", [](std::size_t bytes) { return repeated(bytes, R"("error":"",)", "{", R"("name":""})"); },
     read_once},
    {"depth", [](std::size_t bytes) { return repeated(bytes, "["); }, read_once},
    {"empty_texts", [](std::size_t bytes) { return repeated(bytes, R"("",)", "[", R"(""])"); }, read_once},
    {"error_in_words", [](std::size_t bytes) { return error(bytes, "ошибка "); }, read_once},
    {"error_of_one_word", [](std::size_t bytes) { return error(bytes, "ё1"); }, read_once},
    {"success_in_words", [](std::size_t bytes) { return success(bytes, "ошибка "); }, read_once},
    {"escapes", [](std::size_t bytes) { return success(bytes, R"(\u0444)"); }, read_once},
    {"windows_1251", [](std::size_t bytes) { return success(bytes, "\xF4\xED "); }, read_once},
};

}  // namespace

constinit const Target bit_answer{"bit_answer", run, kCosts};

}  // namespace kassaflow::fuzz
