#include "judge.hpp"

#include <algorithm>

namespace kassaflow::simulation {
namespace {

using registers::Cause;
using registers::Fact;
using registers::Finding;

std::string in_words(const Finding& finding) {
  std::string text = std::string(to_string(finding.fact)) + " " + std::string(to_string(finding.cause)) + " " +
                     finding.code + " «" + finding.text + "»";
  if (finding.document) {
    text +=
        " fn " + finding.document->fn + " fd " + std::to_string(finding.document->fd) + " fp " + finding.document->fp;
  }
  return text;
}

std::string in_words(const std::vector<const Document*>& rows) {
  std::string text;
  for (const Document* row : rows) text += " fn " + row->fn + " fd " + std::to_string(row->fd) + " fp " + row->fp;
  return text.empty() ? " nothing" : text;
}

// What was told of a document is what the ledger has; what was not told may be anything (exactly-once.md 19).
bool agrees(const fiscal::FiscalDocument& told, const Document& row, const FiscalRegister& at) {
  return (told.fn.empty() || told.fn == row.fn) && (told.fd == 0 || told.fd == row.fd) &&
         (told.fp.empty() || told.fp == row.fp) && (!told.shift || *told.shift == row.shift) &&
         (!told.receipt_number || *told.receipt_number == row.receipt_number) &&
         (told.registration_number.empty() || told.registration_number == at.registration_number()) &&
         (told.printed_at_s == 0 || told.printed_at_is_gateway_clock || told.printed_at_s == row.printed_at_s) &&
         told.test == at.test();
}

// "Already open": the shift is as it was wanted, and no report was needed.
bool needed_no_document(const Finding& finding) { return finding.code.starts_with("already_"); }

}  // namespace

void Judge::heard(const FiscalRegister& at, const std::string& key, const Finding& finding) {
  if (finding.fact == Fact::not_printed && finding.cause != Cause::test_register) {
    denials_.push_back({&at, key, in_words(finding), finding.raw_answer});
  }
  if (finding.fact != Fact::printed || needed_no_document(finding)) return;
  ++printed_;
  const std::vector<const Document*> rows = at.signed_for(key);
  const auto is_told = [&](const Document* row) { return !finding.document || agrees(*finding.document, *row, at); };
  if (std::ranges::none_of(rows, is_told)) {
    wrong_.push_back(key + " at " + at.name() + ": told " + in_words(finding) + "; the ledger has" + in_words(rows) +
                     "; the answer was " + finding.raw_answer);
  }
}

void Judge::close() {
  for (const Denial& denial : denials_) {
    const std::vector<const Document*> rows = denial.at->signed_for(denial.key);
    if (rows.empty()) continue;
    wrong_.push_back(denial.key + " at " + denial.at->name() + ": told " + denial.said + "; the ledger has" +
                     in_words(rows) + "; the answer was " + denial.answer);
  }
}

}  // namespace kassaflow::simulation
