#pragma once
// The BIT driver on a shop's computer (bit-driver.md): several registers behind one address, each with its token; one
// synchronous packet a connection; shifts are the caller's to open and close. No text tells what a successful answer
// looks like, so its shape can be chosen.
//
// What it may say besides the truth is handed in for each packet. A lie that no reader could see through (a refusal of
// the closed list for what was printed, a success for what was not) can be ordered too: whoever draws faults decides
// whether the journal's numbering is there to find it.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "fiscal_register.hpp"
#include "simulated_transport.hpp"

namespace kassaflow::simulation {

struct BitFault {
  enum class Say : std::uint8_t {
    truth,
    error,                // `text` as the command's error
    packet_refused,       // `text` as the packet's: {"result": false}
    refused_yet_done,     // the packet is refused, and its command a success
    success_and_error,    // of the one command, `text` is the error
    error_with_document,  // `text` beside the attributes
    neither,              // no status
    another_command,      // a success under another name
    twice,                // two entries of the name
    earlier_document,     // success, with the attributes of the register's last receipt before; without one `neither`
    page,                 // HTML of something between
    rubbish,              // no JSON
  };
  enum class Shape : std::uint8_t {
    array,
    object,         // keyed by name
    no_attributes,  //
    qr_only,        // in the words of the success
    windows_1251,   //
    signed_sign,    // 1077 as a signed number of 32 bits
    floats,         // numbers with a fraction of zero
    tag_dump,       // the printed document, a tag a line
  };

  bool executed = true;              // false: the register is not asked at all
  Clock::duration before_signing{};  // a slow register, a window that waits for a click
  Clock::duration before_answer{};   // from signing to the answer
  Say say = Say::truth;
  int status = 200;
  std::string text{};
  Shape shape = Shape::array;
};

class BitNode final : public Host {
 public:
  // One packet, as whoever draws its fault sees it.
  struct Packet {
    const FiscalRegister& at;
    std::string order_id;
    std::string type;  // of its first command
  };

  explicit BitNode(Agenda agenda) : agenda_(std::move(agenda)) {}

  void add(std::string token, FiscalRegister& at) { lines_.insert_or_assign(std::move(token), Line{&at, {}}); }
  // The earlier result for a repeated order id (§8.1); without it a repeat is printed again (§8).
  void deduplicate(bool on) { deduplicates_ = on; }
  [[nodiscard]] bool deduplicates() const { return deduplicates_; }
  void fault(std::function<BitFault(const Packet&)> draw) { draw_ = std::move(draw); }

  void take(const http::Request& request, Reply reply) override;

 private:
  // A register does one thing at a time.
  struct Line {
    FiscalRegister* at;
    Clock::time_point free_at;
  };
  struct Command {
    std::string name;
    std::string type;
    Receipt receipt;
    std::string wrong_data;  // the driver's text, empty when the data are good
  };
  struct Done {
    std::string name;
    const Document* document = nullptr;
    std::string error;  // when there is none
  };
  using Job = std::vector<Command>;

  static tl::expected<Job, std::string> read_packet(const http::Request& request);
  static Done run(const Command& command, const std::string& order_id, FiscalRegister& at);
  // Empty `done`: nothing was run.
  static http::Response answer(const std::vector<Done>& done, const std::string& name, const FiscalRegister& at,
                               const BitFault& fault);
  std::vector<Done> execute(const Job& job, const std::string& order_id, FiscalRegister& at);

  Agenda agenda_;
  std::map<std::string, Line, std::less<>> lines_;
  bool deduplicates_ = false;
  std::function<BitFault(const Packet&)> draw_ = [](const Packet&) { return BitFault(); };
  std::map<std::string, std::vector<Done>> done_;  // by register and order id
};

}  // namespace kassaflow::simulation
