#pragma once
// The view in memory, for the simulation: what view.hpp's sql does to its tables. view_memory_test.cpp holds the two
// against each other, so that this one cannot lie.
//
// One thread.

#include "view.hpp"

namespace kassaflow::status {

class MemoryView {
 public:
  explicit MemoryView(std::int64_t push_delay_ms) : push_delay_ms_(push_delay_ms) {}

  std::vector<kafka::SetAside> apply(const configuration::Snapshot& configuration,
                                     const postgres::Portion<kafka::Record>& portion, std::int64_t now_ms);
  [[nodiscard]] const kafka::ReadPositions& positions() const { return positions_; }
  // Another log is read.
  void move(const kafka::ReadPositions& positions);
  [[nodiscard]] std::optional<ViewEntry> find(const ReceiptId& receipt) const;
  bool tell_error(const ReceiptId& receipt, std::uint64_t revision);
  v1::WithholdErrorResponse::Verdict withhold_error(const ReceiptId& receipt, const Owner& asker,
                                                    std::uint64_t revision);

  // What the portal is to be told by then.
  [[nodiscard]] std::vector<ReceiptId> due(std::int64_t now_ms) const;
  [[nodiscard]] bool push_is_due(const ReceiptId& receipt) const { return rows_.at(receipt).push_due_ms.has_value(); }
  // The push of that outcome came through; nothing when another is known by now.
  void pushed(const ReceiptId& receipt, const v1::ReceiptOutcome& outcome, std::int64_t now_ms);

 private:
  struct Row {
    InstallationId installation;
    v1::ReceiptOutcome outcome;
    std::optional<std::int64_t> push_due_ms;
    std::int64_t pushed_at_ms = 0;
    bool error_told = false;
    std::int64_t logs = 0;  // when its outcome was told last; -1: one of it was set aside since
    std::uint64_t error_withheld_revision = 0;

    [[nodiscard]] Owner owner() const { return {TenantId(outcome.tenant()), installation, outcome.revision() > 0}; }
  };
  [[nodiscard]] std::int64_t logs() const;  // the sum of what is read
  [[nodiscard]] Owners owners_of(const std::set<ReceiptId>& receipts) const;
  // Of the receipt's own installation.
  [[nodiscard]] bool has_uncovered_post(const ReceiptId& receipt) const;

  std::int64_t push_delay_ms_;
  std::map<ReceiptId, Row> rows_;
  std::map<ReceiptId, std::map<std::string, Post>> posts_;
  kafka::ReadPositions positions_;
};

}  // namespace kassaflow::status
