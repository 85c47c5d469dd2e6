#include "asker.hpp"

#include <algorithm>

#include "kassaflow/log/log.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::fiscalizer {

namespace asio = boost::asio;
using registers::Fact;

registers::AttemptRef ref_of(const Attempt& attempt) {
  registers::AttemptRef ref{attempt.key,      attempt.remote_id, attempt.request, 0, fiscal::SettlementType::income,
                            attempt.sends > 1};
  ref.document_before = attempt.fd_before;
  v1::Receipt record;
  if (attempt.kind == Kind::receipt && record.ParseFromString(attempt.content)) {
    ref.total_kopecks = record.total_kopecks();
    ref.settlement_type = static_cast<fiscal::SettlementType>(record.sign());
  }
  return ref;
}

void Asker::about(const std::vector<Attempt>& uncertain) {
  std::map<std::int64_t, Question> questions;
  for (const auto& attempt : uncertain) {
    auto known = questions_.extract(attempt.id);
    if (known.empty()) {
      questions.emplace(attempt.id, Question{attempt, dependencies_.first_pause,
                                             clock_.now() + dependencies_.first_pause, std::string()});
    } else {
      known.mapped().attempt = attempt;  // a receipt that was taken back gets its content later (exactly-once.md 17)
      questions.insert(std::move(known));
    }
  }
  questions_ = std::move(questions);
  wake_.notify();
}

std::vector<std::int64_t> Asker::asks_about() const {
  std::vector<std::int64_t> attempts;
  for (const auto& [attempt, question] : questions_) attempts.push_back(attempt);
  return attempts;
}

asio::awaitable<void> Asker::run() {
  while (!stopping_) {
    const auto next =
        std::ranges::min_element(questions_, {}, [](const auto& question) { return question.second.next; });
    if (next == questions_.end()) {
      co_await wake_.wait();
    } else if (clock_.now() < next->second.next) {
      co_await wake_.wait_until(next->second.next);
    } else {
      co_await ask(next->first);
    }
  }
  finished_ = true;
}

asio::awaitable<void> Asker::ask(std::int64_t attempt) {
  const Attempt asked = questions_.at(attempt).attempt;
  registers::Finding finding;
  const auto driver = dependencies_.driver();
  if (driver && driver->capabilities().query_by_key) finding = co_await driver->ask(ref_of(asked));
  const auto question = questions_.find(attempt);
  if (question == questions_.end()) co_return;  // answered meanwhile
  auto& known = question->second;
  known.pause = std::min(known.pause * 2, dependencies_.longest_pause);
  known.next = clock_.now() + known.pause;
  const auto answer = std::string(to_string(finding.fact)) + finding.code + finding.text;
  if (!is_certain(finding) || answer == known.heard || stopping_ || !dependencies_.may_decide()) co_return;
  known.heard = answer;
  Heard heard;
  heard.attempt = attempt;
  heard.key = asked.key;
  heard.receipt = asked.receipt;
  heard.fence = dependencies_.fence;
  heard.send = asked.sends;
  heard.finding = finding;
  const auto settled = co_await dependencies_.journal.settle(std::move(heard));
  log::info("attempt.told_later", {{"receipt", asked.receipt.str()},
                                   {"fact", to_string(finding.fact)},
                                   {"code", finding.code},
                                   {"detail", finding.text}});
  if (settled.news) dependencies_.ended(asked, finding);
}

}  // namespace kassaflow::fiscalizer
