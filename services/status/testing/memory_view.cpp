#include "memory_view.hpp"

#include <algorithm>

namespace kassaflow::status {

using receipts::PortalWord;

Owners MemoryView::owners_of(const std::set<ReceiptId>& receipts) const {
  Owners owners;
  for (const auto& id : receipts) {
    if (const auto row = rows_.find(id); row != rows_.end()) owners[id] = row->second.owner();
  }
  return owners;
}

std::int64_t MemoryView::logs() const {
  std::int64_t sum = 0;
  for (const auto& [where, position] : positions_) sum += position.log;
  return sum;
}

void MemoryView::move(const kafka::ReadPositions& positions) {
  for (const auto& [where, position] : positions) kafka::advance(positions_[where], position);
}

std::vector<kafka::SetAside> MemoryView::apply(const configuration::Snapshot& configuration,
                                               const postgres::Portion<kafka::Record>& portion, std::int64_t now_ms) {
  auto news = read_news(configuration, portion, [this](const auto& receipts) { return owners_of(receipts); });
  for (const auto& [key, post] : news.posts) posts_[key.first][key.second].add(post);
  for (auto& [id, outcome] : news.outcomes) {
    const auto [place, added] = rows_.try_emplace(id);
    auto& row = place->second;
    const auto& known = row.outcome;
    const bool over = known.state() == v1::RECEIPT_STATE_DONE && outcome.state() != v1::RECEIPT_STATE_DONE;
    const bool again = !added && known.revision() == outcome.revision() && known.revision() > 0 && row.logs < logs();
    if (!added && !again && (known.revision() >= outcome.revision() || over)) continue;
    const bool is_same =
        again || (!added && known.state() == outcome.state() && known.generation() == outcome.generation() &&
                  row.error_withheld_revision < known.revision());
    row.installation = InstallationId(outcome.installation());
    row.outcome = std::move(outcome);
    row.logs = logs();
    if (is_same) continue;
    row.push_due_ms.reset();
    if (portal_word(row.outcome.state()) != PortalWord::wait) row.push_due_ms = now_ms + push_delay_ms_;
    row.pushed_at_ms = 0;
    row.error_told = false;
  }
  for (const auto& id : news.doubtful) {
    if (const auto row = rows_.find(id); row != rows_.end()) row->second.logs = -1;
  }
  move(kafka::after(portion.items));
  return std::move(news.aside);
}

bool MemoryView::has_uncovered_post(const ReceiptId& receipt) const {
  const auto posts = posts_.find(receipt);
  const auto row = rows_.find(receipt);
  if (posts == posts_.end() || row == rows_.end()) return false;
  return std::ranges::any_of(
      posts->second, [&](const auto& entry) { return entry.second.is_uncovered_post_of(row->second.installation); });
}

std::optional<ViewEntry> MemoryView::find(const ReceiptId& receipt) const {
  const auto found = rows_.find(receipt);
  if (found == rows_.end()) return std::nullopt;
  const auto& row = found->second;
  return ViewEntry{.installation = row.installation,
                   .outcome = row.outcome,
                   .uncovered_posts = has_uncovered_post(receipt),
                   .outdated = row.logs < logs(),
                   .error_withheld = row.error_withheld_revision >= row.outcome.revision(),
                   .pushed_at_ms = row.pushed_at_ms};
}

bool MemoryView::tell_error(const ReceiptId& receipt, std::uint64_t revision) {
  const auto found = rows_.find(receipt);
  if (found == rows_.end()) return false;
  auto& row = found->second;
  const bool is_that = row.outcome.revision() == revision && row.outcome.state() == v1::RECEIPT_STATE_FAILED;
  if (!is_that || row.logs != logs() || row.error_withheld_revision >= revision || has_uncovered_post(receipt))
    return false;
  row.error_told = true;
  return true;
}

v1::WithholdErrorResponse::Verdict MemoryView::withhold_error(const ReceiptId& receipt, const Owner& asker,
                                                              std::uint64_t revision) {
  const auto found = rows_.find(receipt);
  if (found == rows_.end() || !found->second.owner().is(asker) || found->second.outcome.revision() < revision)
    return v1::WithholdErrorResponse::BEHIND;
  auto& row = found->second;
  if (row.outcome.revision() > revision || row.outcome.state() != v1::RECEIPT_STATE_FAILED) {
    return v1::WithholdErrorResponse::PASSED;
  }
  if (row.error_told) return v1::WithholdErrorResponse::TOLD;
  row.error_withheld_revision = revision;
  row.push_due_ms.reset();
  return v1::WithholdErrorResponse::WITHHELD;
}

std::vector<ReceiptId> MemoryView::due(std::int64_t now_ms) const {
  std::vector<ReceiptId> due;
  for (const auto& [id, row] : rows_) {
    if (row.push_due_ms && *row.push_due_ms <= now_ms) due.push_back(id);
  }
  return due;
}

void MemoryView::pushed(const ReceiptId& receipt, const v1::ReceiptOutcome& outcome, std::int64_t now_ms) {
  auto& row = rows_.at(receipt);
  if (row.outcome.state() != outcome.state() || row.outcome.generation() != outcome.generation()) return;
  row.pushed_at_ms = now_ms;
  row.push_due_ms.reset();
}

}  // namespace kassaflow::status
