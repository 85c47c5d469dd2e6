#pragma once
// `fiscalizer republish`: tells all outcomes again, for readers that have lost theirs. Readers apply only a higher
// revision, so it may be repeated, broken off and run beside the workers. It changes nothing in the journal.

#include "settings.hpp"

namespace kassaflow::fiscalizer {

// Exit code: 0, or 1 when the journal or Kafka did not take it; the log says why.
int republish(const FiscalizerSettings& settings);

}  // namespace kassaflow::fiscalizer
