#include "kassaflow/configuration/words.hpp"

namespace kassaflow::configuration {

using fiscal::Ffd;
using fiscal::Taxation;

std::optional<Taxation> meaning_of(v1::Taxation word) {
  switch (word) {
    case v1::TAXATION_OSN:
      return Taxation::osn;
    case v1::TAXATION_USN_INCOME:
      return Taxation::usn_income;
    case v1::TAXATION_USN_INCOME_OUTCOME:
      return Taxation::usn_income_outcome;
    case v1::TAXATION_ESN:
      return Taxation::esn;
    case v1::TAXATION_PATENT:
      return Taxation::patent;
    case v1::TAXATION_UNSPECIFIED:
    case v1::Taxation_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::Taxation_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return std::nullopt;
}

std::optional<Ffd> meaning_of(v1::Ffd word) {
  switch (word) {
    case v1::FFD_1_05:
      return Ffd::v1_05;
    case v1::FFD_1_2:
      return Ffd::v1_2;
    case v1::FFD_UNSPECIFIED:
    case v1::Ffd_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::Ffd_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return std::nullopt;
}

std::optional<MarkedWithoutCode> meaning_of(v1::MarkedWithoutCode word) {
  switch (word) {
    case v1::MARKED_WITHOUT_CODE_REFUSE:
      return MarkedWithoutCode::refuse;
    case v1::MARKED_WITHOUT_CODE_ALLOW:
      return MarkedWithoutCode::allow;
    case v1::MARKED_WITHOUT_CODE_UNSPECIFIED:
    case v1::MarkedWithoutCode_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::MarkedWithoutCode_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return std::nullopt;
}

}  // namespace kassaflow::configuration
