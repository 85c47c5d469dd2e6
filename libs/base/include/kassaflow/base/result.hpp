#pragma once
// Expected failures are values; exceptions mean a bug or a failed start.

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace kassaflow {

// A failure with a stable code for machines ("kafka.timeout") and a text for people.
// The text never holds a secret.
struct Error {
  std::string code;
  std::string message;
};

template <class T, class E = Error>
using Result = tl::expected<T, E>;

inline tl::unexpected<Error> fail(std::string code, std::string message) {
  return tl::unexpected<Error>(Error{std::move(code), std::move(message)});
}

}  // namespace kassaflow
