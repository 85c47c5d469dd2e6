#pragma once
// A receipt's state as it is told in records and answers.

#include "kassaflow/base/check.hpp"
#include "kassaflow/receipts/machine.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::fiscalizer {

[[nodiscard]] inline v1::ReceiptState record_state(receipts::State state) {
  switch (state) {
    case receipts::State::queued:
      return v1::RECEIPT_STATE_QUEUED;
    case receipts::State::printing:
      return v1::RECEIPT_STATE_PRINTING;
    case receipts::State::uncertain:
      return v1::RECEIPT_STATE_UNCERTAIN;
    case receipts::State::held:
      return v1::RECEIPT_STATE_HELD;
    case receipts::State::done:
      return v1::RECEIPT_STATE_DONE;
    case receipts::State::failed:
      return v1::RECEIPT_STATE_FAILED;
  }
  never();
}

}  // namespace kassaflow::fiscalizer
