#include "story.hpp"

#include <cctype>
#include <set>
#include <vector>

#include "simulation.hpp"

namespace kassaflow::simulation {

namespace {

constexpr std::string_view kOfWorld = "-- ";

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// Of a worker's JSON line; empty: it has none of that name.
std::string_view field(std::string_view line, std::string_view name) {
  const auto key = "\"" + std::string(name) + "\":\"";
  const auto at = line.find(key);
  if (at == std::string_view::npos) return {};
  const auto rest = line.substr(at + key.size());
  return rest.substr(0, rest.find('"'));
}

bool has_word(std::string_view line, std::string_view word) {
  for (auto at = line.find(word); at != std::string_view::npos; at = line.find(word, at + 1)) {
    const auto is_letter = [&](std::size_t i) { return i < line.size() && std::isalnum(line[i]) != 0; };
    if ((at == 0 || !is_letter(at - 1)) && !is_letter(at + word.size())) return true;
  }
  return false;
}

// Without its time, which is that of the machine that ran it, and its level.
std::string told_by_worker(std::string_view line) {
  const auto event = line.find("\"event\":");
  const auto rest = event == std::string_view::npos ? line : line.substr(event);
  return std::string(field(line, "service")) + " {" + std::string(rest);
}

}  // namespace

std::string story_of(int receipt, std::string_view written) {
  const auto lines = lines_of(written);
  const auto uuid = receipt == 0 ? std::string("no receipt") : receipt_uuid(receipt);
  const auto name = "receipt " + std::to_string(receipt);
  std::set<std::string_view> registers;
  for (const auto line : lines) {
    if (field(line, "receipt") == uuid && !field(line, "register").empty()) registers.insert(field(line, "register"));
  }
  std::string story;
  std::string_view time;
  for (const auto line : lines) {
    if (!line.starts_with(kOfWorld)) {
      const bool about = line.find(uuid) != std::string_view::npos || registers.contains(field(line, "register"));
      if (about) story += "   " + std::string(time) + " s: " + told_by_worker(line) + "\n";
      continue;
    }
    auto what = line.substr(kOfWorld.size());
    time = what.substr(0, what.find(' '));
    what.remove_prefix(std::min(what.find(": ") + 2, what.size()));
    const bool of_a_receipt = what.starts_with("receipt ") || what.find("11111111-") != std::string_view::npos;
    const bool of_a_ledger =
        what.find(" has ") != std::string_view::npos && what.find(" over ") != std::string_view::npos;
    bool about = !what.empty() && !of_a_receipt && !of_a_ledger;
    about = about || has_word(what, name) || what.find(uuid) != std::string_view::npos;
    for (const auto& one : registers) about = about || (of_a_ledger && what.starts_with(one));
    if (about) story += "   " + std::string(time) + " s: " + std::string(what) + "\n";
  }
  return story;
}

}  // namespace kassaflow::simulation
