#pragma once
// Bad days of a whole gateway: several workers with their journal, Kafka, registers, the view, a portal and people, on
// one clock in one thread. Everything that happens is drawn from the seed, so a run is the same each time.
//
// A run has a time of trouble and a time of healing after it. All the while the ledgers of the registers are held
// against what was said (I1, I2, I3, I8); at the end every receipt must have come to its end, and then nothing more may
// be done than a healthy idle gateway does.

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kassaflow::simulation {

// Kinds of trouble. Each is drawn from a seed of its own: without one of them the others stay as they are.
enum class Kind : std::uint8_t {
  connections,    // to registers and clouds: they break, are late, time out
  answers,        // registers and clouds say anything, or nothing, or later
  callbacks,      // ingress is away when one comes
  commits,        // a transaction fails, or its COMMIT's answer is lost
  outages,        // the journal, the registers or status are away for a while, for one worker or for all
  restores,       // the journal is started again, fails over, or comes back as it was some minutes ago
  kafka,          // whether an outcome is in the log nobody knows; partitions are shared anew
  kills,          //
  freezes,        //
  stops,          // workers are asked to stop, one or all of them in turn
  clocks,         // they run fast or slow, and calendars jump
  cashiers,       // print and open and close shifts
  hardware,       // no paper, no link, another storage
  nights,         // nobody works for hours, shifts grow old
  configuration,  // registers are retired, deleted, added again, moved; pools and cashboxes change
  reprints,       // checks are posted again, also with other content, for another cashbox, too late
  people,         // operators decide meanwhile, rightly and wrongly
  strangers,      // write to the topics, in the name of another tenant, too
  topics,         // are deleted and made again
  versions,       // workers of an older one, which does not speak a protocol or cannot read a pool, beside the others
};
inline constexpr std::array<std::pair<Kind, std::string_view>, 20> kKinds{{
    {Kind::connections, "connections"},
    {Kind::answers, "answers"},
    {Kind::callbacks, "callbacks"},
    {Kind::commits, "commits"},
    {Kind::outages, "outages"},
    {Kind::restores, "restores"},
    {Kind::kafka, "kafka"},
    {Kind::kills, "kills"},
    {Kind::freezes, "freezes"},
    {Kind::stops, "stops"},
    {Kind::clocks, "clocks"},
    {Kind::cashiers, "cashiers"},
    {Kind::hardware, "hardware"},
    {Kind::nights, "nights"},
    {Kind::configuration, "configuration"},
    {Kind::reprints, "reprints"},
    {Kind::people, "people"},
    {Kind::strangers, "strangers"},
    {Kind::topics, "topics"},
    {Kind::versions, "versions"},
}};

struct Plan {
  std::uint32_t seed = 1;
  int receipts = 400;
  int workers = 5;           // at once, at most
  int calm = 0;              // so many receipts are posted before the trouble begins
  std::set<Kind> without{};  // what does not happen
  bool story = false;        // what happens is written to standard error, with the workers' own log
};

// Plain, so that it fits through a pipe.
struct Figures {
  int receipts = 0;   // accepted
  int documents = 0;  // of receipts, in the ledgers
  int resolved = 0;   // by a person
  int misled = 0;     // receipts printed twice, or called done or failed wrongly, by a person's wrong word
  int kills = 0;
  int freezes = 0;
  int outages = 0;
  int restores = 0;
  int changes = 0;  // of the configuration
  int topics = 0;   // that were made again
  int older = 0;    // workers of an older version
  double virtual_hours = 0;
  // The most of them in one run; bounds.hpp says of what, and how many there may be.
  int passed = 0;
  int sends = 0;
  int reports = 0;
  int questions = 0;
  int probes = 0;
  int idle_transactions = 0;

  Figures& operator+=(const Figures& other);
};

struct Wrong {
  std::string_view rule;  // what is broken; a literal
  int receipt = 0;        // its number, 0: of none
  std::string what;       // for people
};

struct Report {
  std::vector<Wrong> wrong;  // empty: all went well
  Figures figures;
};

[[nodiscard]] Report simulate(const Plan& plan);

// What a receipt of the simulation is called.
[[nodiscard]] std::string receipt_uuid(int number);

}  // namespace kassaflow::simulation
