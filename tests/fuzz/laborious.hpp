#pragma once
// Inputs of any size, for the costs of the targets.

#include <string>
#include <string_view>

namespace kassaflow::fuzz {

// `before`, `piece` as often as it takes to fill `bytes`, `after`.
inline std::string repeated(std::size_t bytes, std::string_view piece, std::string_view before = {},
                            std::string_view after = {}) {
  std::string input(before);
  while (input.size() + after.size() < bytes) input += piece;
  return input.append(after);
}

// The same of pieces that differ: `piece_of(0)`, `piece_of(1)` …
template <class PieceOf>
std::string numbered(std::size_t bytes, PieceOf piece_of, std::string_view before = {}, std::string_view after = {}) {
  std::string input(before);
  for (std::size_t number = 0; input.size() + after.size() < bytes; ++number) input += piece_of(number);
  return input.append(after);
}

}  // namespace kassaflow::fuzz
