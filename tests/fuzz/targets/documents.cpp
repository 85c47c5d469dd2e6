// Configuration documents as people write them.

#include <algorithm>

#include "kassaflow/fiscal/text.hpp"
#include "laborious.hpp"
#include "targets.hpp"
#include "yaml_documents.hpp"

namespace kassaflow::fuzz {
namespace {

void run(std::string_view input) {
  const auto parsed = kassactl::parse_documents("shop.yaml", std::string(input));
  require(!parsed.documents.empty() || !parsed.problems.empty(), "a file is read, or it is said why not");
  for (const auto& problem : parsed.problems) {
    require(fiscal::is_utf8(problem), "a problem can be shown");
  }
  for (const auto& declared : parsed.documents) (void)describe(declared, "id", "is wrong");
}

constexpr std::size_t kDeepest = 960;  // bytes: yaml-cpp goes down 500 levels

constexpr Cost kCosts[] = {
    {"documents",
     [](std::size_t bytes) {
       return numbered(bytes,
                       [](std::size_t i) { return "---\nkind: tenant\nid: t" + std::to_string(i) + "\nname: x\n"; });
     }},
    {"empty_documents", [](std::size_t bytes) { return repeated(bytes, "---\n"); }},
    {"unknown_keys",
     [](std::size_t bytes) {
       return numbered(bytes, [](std::size_t i) { return "k" + std::to_string(i) + ": x\n"; }, "kind: tenant\nid: a\n");
     }},
    {"keys_given_twice", [](std::size_t bytes) { return repeated(bytes, "name: x\n", "kind: tenant\nid: a\n"); }},
    {"unknown_keys_of_a_long_id",
     [](std::size_t bytes) {
       return repeated(bytes / 2, "a", "kind: tenant\nid: ") +
              numbered(bytes / 2, [](std::size_t i) { return "\nk" + std::to_string(i) + ": x"; });
     }},
    {"rates",
     [](std::size_t bytes) {
       return numbered(
           bytes, [](std::size_t i) { return "  " + std::to_string(i) + ": \"20\"\n"; },
           "kind: installation\nid: a\nvat:\n");
     }},
    {"a_sequence", [](std::size_t bytes) { return repeated(bytes, "- a\n"); }},
    {"sequences_in_sequences", [](std::size_t bytes) { return repeated(bytes, "[", "kind: "); }},
    {"mappings_in_mappings", [](std::size_t bytes) { return repeated(bytes, "{a: ", "kind: "); }},
    {"sequences_of_a_line", [](std::size_t bytes) { return repeated(bytes, "- "); }, nullptr, kDeepest},
    {"keys_of_a_line", [](std::size_t bytes) { return repeated(bytes, "? "); }},
    {"values_in_brackets", [](std::size_t bytes) { return repeated(bytes, "a,", "kind: [", "a]"); }},
    {"pairs_in_brackets", [](std::size_t bytes) { return repeated(bytes, "a: b,", "kind: {", "a: b}"); }},
    {"quotes", [](std::size_t bytes) { return repeated(bytes, "\\x41", "kind: \"", "\""); }},
    {"quotes_of_lines", [](std::size_t bytes) { return repeated(bytes, "a\n  ", "kind: \"", "\""); }},
    {"a_text_of_lines", [](std::size_t bytes) { return repeated(bytes, "  a\n", "kind: |\n"); }},
    {"a_folded_text_of_lines", [](std::size_t bytes) { return repeated(bytes, "  a\n\n", "kind: >\n"); }},
    {"a_plain_text_of_lines", [](std::size_t bytes) { return repeated(bytes, "  a\n", "kind:\n"); }},
    {"anchors",
     [](std::size_t bytes) {
       return numbered(bytes, [](std::size_t i) { return "&a" + std::to_string(i) + " x,"; }, "kind: [", "x]");
     }},
    {"aliases", [](std::size_t bytes) { return repeated(bytes, "*a,", "kind: [&a x,", "x]"); }},
    {"comments", [](std::size_t bytes) { return repeated(bytes, "#\n"); }},
    {"blanks", [](std::size_t bytes) { return repeated(bytes, " "); }},
    {"not_utf8", [](std::size_t bytes) { return repeated(bytes, "\xFF", "kind: "); }},
};

}  // namespace

constinit const Target documents{"documents", run, kCosts};

}  // namespace kassaflow::fuzz
