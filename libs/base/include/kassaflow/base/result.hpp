#pragma once
// Expected failures are values; exceptions mean a bug or a failed start.

#include <iosfwd>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace kassaflow {

// One way to fail, declared once, as a constant in the public header of whoever fails so:
//   inline constexpr ErrorKind kQueueFull{"kafka.queue_full", "nothing was sent; …"};
class ErrorKind {
 public:
  // `name` is for machines and does not change: "area.word", or one word where journals hold it so. No two kinds have
  // the same (scripts/lint). `way_out` tells operators in English what to do, and stands behind a message: "connection
  // refused; start PostgreSQL". It is empty where the message says so itself, and where only programs or merchants
  // meet the error.
  consteval ErrorKind(std::string_view name, std::string_view way_out = "") : name_(name), way_out_(way_out) {
    std::size_t letters = 0;  // of the word that is being read
    std::size_t dots = 0;
    for (const char c : name) {
      if (c == '.' && letters > 0 && dots++ == 0) {
        letters = 0;
      } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_') {
        ++letters;
      } else {
        a_name_is_words_with_one_dot_between_them();
      }
    }
    if (letters == 0) a_name_is_words_with_one_dot_between_them();
  }
  ErrorKind(const ErrorKind&) = delete;  // which kind it is, its address says
  ErrorKind& operator=(const ErrorKind&) = delete;
  [[nodiscard]] constexpr std::string_view name() const { return name_; }
  [[nodiscard]] constexpr std::string_view way_out() const { return way_out_; }

 private:
  static void a_name_is_words_with_one_dot_between_them();  // never defined: does not compile where it is called
  std::string_view name_;
  std::string_view way_out_;
};

// Which kind an error is of. Made of a constant only, and compared with constants only: a code that is spelled wrongly
// does not compile.
class ErrorCode {
 public:
  constexpr ErrorCode(const ErrorKind& kind) : kind_(&kind) {}
  ErrorCode(ErrorKind&&) = delete;
  [[nodiscard]] constexpr std::string_view name() const { return kind_->name(); }
  [[nodiscard]] constexpr std::string_view way_out() const { return kind_->way_out(); }
  friend constexpr bool operator==(ErrorCode, ErrorCode) = default;
  friend void PrintTo(ErrorCode code, std::ostream* out);  // for tests

 private:
  const ErrorKind* kind_;
};

// A failure and a text for people. The text never holds a secret.
struct Error {
  ErrorCode code;
  std::string message;
};

template <class T, class E = Error>
using Result = tl::expected<T, E>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message)});
}

// The message and the way out, for an operator: "connection refused; start PostgreSQL".
[[nodiscard]] std::string explained(const Error& error);

}  // namespace kassaflow
