#include "rows.hpp"

#include <algorithm>

#include "kassaflow/base/check.hpp"

namespace kassaflow::fiscalizer {

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::receipt:
      return "receipt";
    case Kind::open_shift:
      return "open_shift";
    case Kind::close_shift:
      return "close_shift";
  }
  never();
}

std::string_view to_string(Shift shift) {
  switch (shift) {
    case Shift::unknown:
      return "unknown";
    case Shift::open:
      return "open";
    case Shift::closed:
      return "closed";
  }
  never();
}

std::string_view to_string(Question question) {
  switch (question) {
    case Question::none:
      return "";
    case Question::open:
      return "open";
    case Question::asked:
      return "asked";
    case Question::settled:
      return "settled";
  }
  never();
}

std::string_view to_string(Stage stage) {
  switch (stage) {
    case Stage::unknown:
      return "unknown";
    case Stage::taking_back:
      return "taking_back";
    case Stage::reading_posts:
      return "reading_posts";
    case Stage::open:
      return "open";
  }
  never();
}

void add(Waiting& pool, const Waiting& more) {
  pool.queued += more.queued;
  pool.oldest_queued_s = std::max(pool.oldest_queued_s, more.oldest_queued_s);
  pool.uncertain += more.uncertain;
  pool.held += more.held;
  pool.questions += more.questions;
  pool.oldest_question_s = std::max(pool.oldest_question_s, more.oldest_question_s);
}

}  // namespace kassaflow::fiscalizer
