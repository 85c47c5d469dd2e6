#include "kassaflow/traces/spans.hpp"

#include <algorithm>
#include <span>

#include "kassaflow/base/sha256.hpp"
#include "kassaflow/documents/words.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/text/hex.hpp"

namespace kassaflow::traces {

namespace {

std::string span_id(const std::string& receipt, const std::string& what) {
  constexpr std::size_t kBytes = 8;
  const Sha256 digest = sha256(receipt + "/" + what);
  return hex(std::span(digest).first(kBytes));
}

bool has_finished(const v1::ReceiptOutcome& outcome) {
  return outcome.state() == v1::RECEIPT_STATE_DONE || outcome.state() == v1::RECEIPT_STATE_FAILED;
}

void describe(Span& span, const v1::ReceiptOutcome& outcome) {
  span.attributes = {{"kassaflow.receipt", outcome.receipt_id()},
                     {"kassaflow.tenant", outcome.tenant()},
                     {"kassaflow.pool", outcome.pool()},
                     {"kassaflow.state", std::string(documents::word_of(outcome.state()))}};
  if (!outcome.has_fiscal()) return;
  span.attributes.emplace_back("kassaflow.fn", outcome.fiscal().fn());
  span.attributes.emplace_back("kassaflow.fd", std::to_string(outcome.fiscal().fd()));
}

}  // namespace

std::string trace_id(std::string_view receipt) {
  std::string id(receipt);
  std::erase(id, '-');
  return id;
}

std::vector<Span> spans_of(const v1::ReceiptOutcome& outcome, std::int64_t pushed_at_ms) {
  const std::string& receipt = outcome.receipt_id();
  const auto begin = [&](const char* name, const std::string& what, std::int64_t start_ms, std::int64_t end_ms) {
    Span span{trace_id(receipt), span_id(receipt, what), {}, name, start_ms, end_ms, false, {}, {}};
    if (what != "receipt") span.parent_id = span_id(receipt, "receipt");
    return span;
  };
  const std::int64_t finished = has_finished(outcome) ? records::finished_at_ms(outcome) : 0;
  std::vector<Span> spans;
  for (const v1::Attempt& attempt : outcome.attempts()) {
    const std::string number = std::to_string(attempt.number());
    Span& span =
        spans.emplace_back(begin("attempt", "attempt " + number, attempt.started_at_ms(), attempt.finished_at_ms()));
    span.failed = span.end_ms != 0 && attempt.outcome() != v1::ATTEMPT_OUTCOME_PRINTED;
    span.detail = attempt.detail();
    span.attributes = {{"kassaflow.attempt", number},
                       {"kassaflow.register", attempt.register_()},
                       {"kassaflow.outcome", std::string(documents::word_of(attempt.outcome()))}};
  }
  if (pushed_at_ms != 0) spans.push_back(begin("check.apply", "check.apply", finished, pushed_at_ms));

  Span root =
      begin("receipt", "receipt", outcome.accepted_at_ms(), finished == 0 ? 0 : std::max(finished, pushed_at_ms));
  root.failed = outcome.state() == v1::RECEIPT_STATE_FAILED;
  root.detail = outcome.error();
  describe(root, outcome);
  spans.insert(spans.begin(), std::move(root));
  return spans;
}

}  // namespace kassaflow::traces
