#include "sources.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

namespace kassaflow::statements {

namespace {

constexpr std::array<std::string_view, 2> kServices{"services/fiscalizer/src", "services/status/src"};
constexpr std::array<std::string_view, 2> kFiles{"libs/positions/src/positions.cpp", "libs/postgres/src/audit_log.cpp"};
constexpr std::array<std::string_view, 9> kWords{"select", "insert into", "update", "delete from", "with",
                                                 "from",   "where",       "order",  "exists"};
constexpr std::size_t kShortest = 24;  // what is shorter says too little to be known again

std::string read(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// String literals, those joined that only white space parts; comments and preprocessor lines hold none.
std::vector<std::string> literals_of(const std::string& source) {
  std::vector<std::string> literals;
  bool joins = false;
  for (std::size_t at = 0; at < source.size(); ++at) {
    const char c = source[at];
    const bool line_begins = at == 0 || source[at - 1] == '\n';
    if (source.compare(at, 2, "//") == 0 || (c == '#' && line_begins)) {
      at = std::min(source.find('\n', at), source.size());
    } else if (c == '\'' && at > 0 && std::isdigit(static_cast<unsigned char>(source[at - 1]))) {
      joins = false;  // in a number
    } else if (c == '\'') {
      at += source[at + 1] == '\\' ? 3 : 2;
      joins = false;
    } else if (c == '"') {
      if (!joins) literals.emplace_back();
      joins = true;
      for (++at; at < source.size() && source[at] != '"'; ++at) {
        if (source[at] == '\\') ++at;
        literals.back() += source[at];
      }
    } else if (!std::isspace(static_cast<unsigned char>(c))) {
      joins = false;
    }
  }
  return literals;
}

bool is_sql(std::string_view literal) {
  literal.remove_prefix(std::min(literal.find_first_not_of(" ("), literal.size()));
  return literal.size() >= kShortest && std::ranges::any_of(kWords, [&](auto word) {
           return literal.starts_with(word) && literal[word.size()] == ' ';
         });
}

}  // namespace

std::vector<std::string> pieces_in_sources() {
  const std::filesystem::path root = KASSAFLOW_SOURCES;
  std::vector<std::filesystem::path> files(kFiles.begin(), kFiles.end());
  for (auto& file : files) file = root / file;
  for (const auto service : kServices) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / service)) {
      if (entry.path().extension() == ".cpp") files.push_back(entry.path());
    }
  }
  std::vector<std::string> pieces;
  for (const auto& file : files) {
    const auto source = read(file);
    if (source.find("exec") == std::string::npos) continue;
    std::ranges::copy_if(literals_of(source), std::back_inserter(pieces), is_sql);
  }
  return pieces;
}

}  // namespace kassaflow::statements
