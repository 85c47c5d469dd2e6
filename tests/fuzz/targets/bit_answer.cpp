#include "registers/src/bit/answer.hpp"

#include "findings.hpp"

namespace kassaflow::fuzz {

void bit_answer(std::string_view input) {
  using registers::Fact;
  using registers::bit::Command;
  for (const auto command : {Command::receipt, Command::open_shift, Command::close_shift}) {
    registers::bit::Requested requested;
    requested.command = command;
    requested.name = command == Command::receipt ? "receipt-700123" : "shift-700123";
    requested.content = {command == Command::receipt, 100'000, fiscal::SettlementType::income};
    requested.timezone = "Europe/Moscow";
    requested.registration_number = "0000000001047487";
    requested.now_s = 1'772'355'700;
    for (const int status : {200, 400, 502}) check(read_answer(status, input, requested));
    const auto broken = read_broken(input, requested, "reset", "Связь прервалась");
    check(broken);
    require(broken.fact == Fact::unknown || broken.fact == Fact::printed,
            "a broken answer never proves that nothing was printed");
  }
}

}  // namespace kassaflow::fuzz
