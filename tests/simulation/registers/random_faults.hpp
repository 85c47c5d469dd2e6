#pragma once
// Draws what goes wrong next, from a seed. Everything here a peer may do by the protocols' pages; what no reader could
// see through is left out: a refusal of the closed list for what was signed, a success for what was not.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "bit_node.hpp"
#include "itkassa_cloud.hpp"
#include "simulated_transport.hpp"

namespace kassaflow::simulation {

class RandomFaults {
 public:
  // `per_thousand` of connections, packets, requests and tasks each meet something.
  RandomFaults(std::uint32_t seed, std::uint32_t per_thousand);

  // `late`: how long after its sender has given up a request may still arrive.
  [[nodiscard]] Trouble trouble(const http::Request& request, Clock::duration late);
  [[nodiscard]] BitFault of_packet();
  [[nodiscard]] RequestFault of_request(ItkassaCloud::Operation operation);
  [[nodiscard]] TaskFault of_task();

  [[nodiscard]] std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_()) % limit; }
  [[nodiscard]] bool happens(std::uint32_t per_thousand) { return below(1000) < per_thousand; }
  // From nothing to `longest`, in whole milliseconds.
  [[nodiscard]] Clock::duration up_to(Clock::duration longest);

 private:
  // A sentence of libs/registers/corpus.
  struct Words {
    std::string text;
    std::string context;  // who says it: a column of the corpus
    bool proves = false;  // that nothing was printed, at least where it fits
  };
  [[nodiscard]] bool either() { return below(2) == 0; }
  [[nodiscard]] Words one_of(const std::vector<Words>& from);
  [[nodiscard]] std::vector<CallbackFault> callbacks(bool executed);
  [[nodiscard]] CallbackFault callback(bool executed);

  std::mt19937 random_;
  std::uint32_t per_thousand_;
  std::vector<Words> of_command_;   // BIT's driver of one command
  std::vector<Words> of_packets_;   // … of a packet
  std::vector<Words> of_service_;   // itkassa's of a request
  std::vector<Words> of_register_;  // … of a task; context is the register's number
};

}  // namespace kassaflow::simulation
