#pragma once
// What must hold for every finding of every driver.

#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/registers/driver.hpp"
#include "targets.hpp"

namespace kassaflow::fuzz {

inline void check(const registers::Finding& finding) {
  using registers::Cause;
  using registers::Fact;
  require(fiscal::is_utf8(finding.code) && fiscal::is_utf8(finding.text), "a finding can be stored and shown");
  require(fiscal::is_utf8(finding.remote_id), "an id can be stored");
  require(finding.fact != Fact::not_printed || !finding.document, "no document of a receipt that was not printed");
  require(finding.fact != Fact::not_printed || finding.cause != Cause::ambiguous, "certainty is not ambiguous");
  require(!finding.alarm || finding.fact == Fact::unknown || finding.fact == Fact::printed ||
              finding.cause == Cause::test_register,
          "a contradiction settles nothing");
  if (finding.document) {
    const auto& document = *finding.document;
    require(
        fiscal::is_utf8(document.fn) && fiscal::is_utf8(document.fp) && fiscal::is_utf8(document.registration_number),
        "a document can be stored");
  }
}

}  // namespace kassaflow::fuzz
