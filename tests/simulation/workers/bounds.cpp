#include "bounds.hpp"

#include <algorithm>

namespace kassaflow::simulation {

namespace {

// One that prints. Before it one for a shift that is closed, one for a shift that is too old, and of the bytes whose
// fate nobody knew when the trouble ended one more with the same key.
constexpr int kSends = 4;
// A shift that is too old is closed and another opened; a cashier or a lost answer may have left one more of each.
constexpr int kReports = 4;
// The cloud is asked every itkassa_poll (3 s) about what it has in its queue; a callback that is no end asks at once.
constexpr int kQuestions = 22;
// A register is looked at every register_health (10 s), six of them by one worker each.
constexpr int kProbes = 6 * 7;
// A worker looks for work every 200 ms, for news every 200 ms, and every second for what is unpublished, for wishes to
// retry, and whether the journal still lives the same life.
constexpr int kIdleTransactions = 60 * (5 + 5 + 1 + 1 + 1) + 30;
// Of all workers: the probes, and what is asked again every retry_max (5 min).
constexpr int kIdleRequests = kProbes + 10;

}  // namespace

Bounds::Bounds(World& world, Books& books) : world_(world), books_(books) {
  world_.on_packet = [this](const BitNode::Packet& packet) {
    if (world_.trouble) return;
    ++(packet.type == "kktReceiptFiscalization" ? sends_[packet.order_id] : reports_[packet.at.name()]);
  };
  world_.on_visit = [this](const ItkassaCloud::Visit& visit) {
    if (world_.trouble) return;
    switch (visit.operation) {
      case ItkassaCloud::Operation::post:
        ++sends_[visit.key];
        break;
      case ItkassaCloud::Operation::by_id:
      case ItkassaCloud::Operation::by_key:
        ++questions_[{visit.key, minute()}];
        break;
      case ItkassaCloud::Operation::registers:
        ++probes_[minute()];
        break;
    }
  };
}

void Bounds::within(std::string_view rule, int most, int bound, int receipt, const std::string& of) {
  if (most > bound) {
    world_.wrong(rule, receipt,
                 of + ": " + std::to_string(most) + ", and at most " + std::to_string(bound) + " may be");
  }
}

void Bounds::judge_healing() {
  auto& figures = world_.report.figures;
  for (const auto& [id, receipt] : books_.receipts()) {
    int sends = 0;
    for (std::uint32_t attempt = 1; attempt <= receipt.attempts; ++attempt) {
      for (const auto* protocol : registers::protocols()) {
        const auto found = sends_.find(protocol->attempt_key(id.str(), attempt));
        if (found != sends_.end()) sends += found->second;
      }
    }
    figures.sends = std::max(figures.sends, sends);
    within("sends of a receipt", sends, kSends, receipt.number,
           "sends of receipt " + std::to_string(receipt.number) + " after the trouble");
  }
  for (const auto& [id, reports] : reports_) {
    figures.reports = std::max(figures.reports, reports);
    within("commands about a shift", reports, kReports, 0, "commands about the shift of " + id + " after the trouble");
  }
  for (const auto& [asked, questions] : questions_) {
    figures.questions = std::max(figures.questions, questions);
    within("questions a minute", questions, kQuestions, 0, "questions by " + asked.first + " in a minute");
  }
  for (const auto& [at, probes] : probes_) {
    figures.probes = std::max(figures.probes, probes);
    within("probes a minute", probes, kProbes, 0, "looks at registers of the cloud in a minute");
  }
}

void Bounds::begin_idle() {
  sends_.clear();
  reports_.clear();
  for (const auto* worker : world_.living()) transactions_[worker] = worker->transactions();
  requests_ = world_.transport.requests();
}

void Bounds::judge_idle() {
  for (const auto& [worker, before] : transactions_) {
    const int transactions = worker->transactions() - before;
    auto& most = world_.report.figures.idle_transactions;
    most = std::max(most, transactions);
    within("transactions of an idle minute", transactions, kIdleTransactions, 0,
           "transactions of " + worker->name() + " in an idle minute");
  }
  within("requests of an idle minute", static_cast<int>(world_.transport.requests() - requests_), kIdleRequests, 0,
         "requests in an idle minute");
  within("nothing is sent idly", static_cast<int>(sends_.size() + reports_.size()), 0, 0,
         "receipts and reports in an idle minute");
}

}  // namespace kassaflow::simulation
