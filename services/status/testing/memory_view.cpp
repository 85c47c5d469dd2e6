#include "memory_view.hpp"

#include <algorithm>

namespace kassaflow::status {

using receipts::PortalWord;

std::vector<kafka::Record> MemoryView::apply(const std::vector<kafka::Record>& batch, std::int64_t now_ms) {
  auto news = read_news(batch);
  for (const auto& [key, covered] : news.posts) {
    auto& known = posts_[key.first][key.second];
    known = known || covered;
  }
  for (auto& [id, outcome] : news.outcomes) {
    const auto [place, added] = rows_.try_emplace(id);
    auto& row = place->second;
    const auto& known = row.outcome;
    if (added) row.installation = InstallationId(outcome.installation());
    const bool over = known.state() == v1::RECEIPT_STATE_DONE && outcome.state() != v1::RECEIPT_STATE_DONE;
    if (!added && (known.revision() >= outcome.revision() || over)) continue;
    const bool is_same = !added && known.state() == outcome.state() && known.generation() == outcome.generation() &&
                         row.error_withheld_revision < known.revision();
    row.outcome = std::move(outcome);
    if (is_same) continue;
    row.push_due_ms.reset();
    if (portal_word(row.outcome.state()) != PortalWord::wait) row.push_due_ms = now_ms + push_delay_ms_;
    row.pushed_at_ms = 0;
    row.error_told = false;
  }
  for (const auto& [partition, position] : kafka::after(batch)) kafka::advance(positions_[partition], position);
  return std::move(news.unreadable);
}

bool MemoryView::has_uncovered_post(const ReceiptId& receipt) const {
  const auto posts = posts_.find(receipt);
  return posts != posts_.end() && std::ranges::any_of(posts->second, [](const auto& post) { return !post.second; });
}

std::optional<ViewEntry> MemoryView::find(const ReceiptId& receipt) const {
  const auto found = rows_.find(receipt);
  if (found == rows_.end()) return std::nullopt;
  const auto& row = found->second;
  return ViewEntry{.installation = row.installation,
                   .outcome = row.outcome,
                   .uncovered_posts = has_uncovered_post(receipt),
                   .error_withheld = row.error_withheld_revision >= row.outcome.revision(),
                   .pushed_at_ms = row.pushed_at_ms};
}

bool MemoryView::tell_error(const ReceiptId& receipt, std::uint64_t revision) {
  const auto found = rows_.find(receipt);
  if (found == rows_.end()) return false;
  auto& row = found->second;
  const bool is_that = row.outcome.revision() == revision && row.outcome.state() == v1::RECEIPT_STATE_FAILED;
  if (!is_that || row.error_withheld_revision >= revision || has_uncovered_post(receipt)) return false;
  row.error_told = true;
  return true;
}

v1::WithholdErrorResponse::Verdict MemoryView::withhold_error(const ReceiptId& receipt, std::uint64_t revision) {
  const auto found = rows_.find(receipt);
  if (found == rows_.end() || found->second.outcome.revision() < revision) return v1::WithholdErrorResponse::BEHIND;
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
