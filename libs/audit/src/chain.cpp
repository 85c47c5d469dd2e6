#include "kassaflow/audit/chain.hpp"

#include <string_view>

namespace kassaflow::audit {
namespace {

// "5:words", so that no two rows have the same bytes.
void put(std::string& bytes, std::string_view text) {
  bytes += std::to_string(text.size());
  bytes += ':';
  bytes += text;
}

std::string rows(std::int64_t first, std::int64_t last) {
  const std::string to = first == last ? std::string() : " to " + std::to_string(last);
  return (to.empty() ? "row " : "rows ") + std::to_string(first) + to;
}

std::string missing(std::int64_t first, std::int64_t last) {
  return rows(first, last) + (first == last ? " is missing" : " are missing");
}

}  // namespace

Sha256 hash_of(const Sha256& before, const Row& row) {
  std::string bytes(before.begin(), before.end());
  put(bytes, std::to_string(row.number));
  put(bytes, std::to_string(row.at_us));
  for (const std::string* text : {&row.who.name, &row.who.came_from, &row.who.reason, &row.action, &row.subject})
    put(bytes, *text);
  return sha256(bytes);
}

std::vector<std::string> Verifier::take(const std::vector<Row>& next) {
  std::vector<std::string> wrong;
  for (const Row& row : next) {
    const bool follows = row.number == head_.number + 1;
    if (row.number <= head_.number) {
      wrong.push_back("row " + std::to_string(row.number) + " is there twice");
      continue;
    }
    if (!follows) wrong.push_back(missing(head_.number + 1, row.number - 1));
    // Behind a gap nobody can say what the hash should be: the row is believed, so that one fault is told once.
    if (follows && hash_of(head_.hash, row) != row.hash)
      wrong.push_back("row " + std::to_string(row.number) + " was changed, or put in");
    head_ = {row.number, row.hash};
  }
  return wrong;
}

std::vector<std::string> Verifier::finish(const Head& head) const {
  if (head_.number < head.number) return {missing(head_.number + 1, head.number)};
  if (head_.number > head.number) return {rows(head.number + 1, head_.number) + " came in without the log's knowledge"};
  if (head_.hash != head.hash) return {"the log says another hash for its end than its last row has"};
  return {};
}

}  // namespace kassaflow::audit
