#pragma once
// The corpora of register words (libs/registers/corpus): sentences with the class they are held to.

#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "src/itkassa_errors.hpp"
#include "src/wording.hpp"

namespace kassaflow::registers::tests {

struct CorpusRow {
  std::size_t line = 0;
  std::string text;
  std::string context;  // BIT: entry | packet; itkassa: number, empty (the server's own), api
  std::string meaning;
  std::string source;
};

inline std::vector<CorpusRow> corpus(const std::string& name) {
  std::ifstream file(std::string(KASSAFLOW_WORDS) + "/" + name + ".tsv");
  if (!file) throw std::runtime_error("no corpus " + name);
  std::vector<CorpusRow> rows;
  std::string text;
  std::getline(file, text);  // names of the columns
  for (std::size_t line = 2; std::getline(file, text); ++line) {
    CorpusRow row;
    row.line = line;
    std::string* const columns[] = {&row.text, &row.context, &row.meaning, &row.source};
    std::string_view rest = text;
    for (std::string* column : columns) {
      *column = rest.substr(0, rest.find('\t'));
      rest.remove_prefix(std::min(column->size() + 1, rest.size()));
    }
    if (row.source.empty()) throw std::runtime_error(name + ".tsv:" + std::to_string(line) + ": four columns");
    rows.push_back(std::move(row));
  }
  return rows;
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
