#pragma once
// The corpora of register words (libs/registers/corpus): sentences with the class they are held to.

#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "registers/src/common/wording.hpp"
#include "registers/src/itkassa/errors.hpp"

namespace kassaflow::registers::tests {

struct CorpusRow {
  std::size_t line = 0;
  std::string text;
  std::string context;  // BIT: entry | packet; itkassa: number, empty (the server's own), api
  std::string meaning;
  std::string source;
};

// Lines of a file of the folder, each cut at tabs; the first, with the columns' names, is left out.
inline std::vector<std::vector<std::string>> table(const std::string& name, std::size_t columns) {
  std::ifstream file(std::string(KASSAFLOW_WORDS) + "/" + name + ".tsv");
  if (!file) throw std::runtime_error("no corpus " + name);
  std::vector<std::vector<std::string>> rows;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::vector<std::string> row(1);
    for (const char c : line) {
      if (c == '\t') {
        row.emplace_back();
      } else {
        row.back() += c;
      }
    }
    if (row.size() != columns) throw std::runtime_error(name + ".tsv:" + std::to_string(rows.size() + 2) + ": columns");
    rows.push_back(std::move(row));
  }
  return rows;
}

inline std::vector<CorpusRow> corpus(const std::string& name) {
  std::vector<CorpusRow> rows;
  for (std::vector<std::string>& row : table(name, 4)) {
    rows.push_back({rows.size() + 2, std::move(row[0]), std::move(row[1]), std::move(row[2]), std::move(row[3])});
  }
  return rows;
}

// "document": words that say that one exists; "future": what is only to come.
inline std::vector<std::string> claims(std::string_view kind) {
  std::vector<std::string> texts;
  for (std::vector<std::string>& row : table("claims", 2)) {
    if (row[1] == kind) texts.push_back(std::move(row[0]));
  }
  return texts;
}

// The word of the corpora: what proves nothing is "ambiguous".
inline std::string word_of(Meaning meaning) {
  switch (meaning) {
    case Meaning::shift_expired:
      return "shift_expired";
    case Meaning::shift_closed:
      return "shift_closed";
    case Meaning::shift_open:
      return "shift_open";
    case Meaning::register_fault:
      return "register_fault";
    case Meaning::data:
      return "data";
    default:
      return "ambiguous";
  }
}

inline Meaning heard_from_bit(std::string_view text, std::string_view said_by) {
  return meaning_of(text, said_by == "packet" ? Speaker::refused_packet : Speaker::register_itself);
}

inline Meaning heard_from_itkassa(std::string_view text, std::string_view code) {
  return code == "api" ? meaning_of(text, Speaker::refusing_service) : itkassa::meaning_of_result(code, text);
}

}  // namespace kassaflow::registers::tests
