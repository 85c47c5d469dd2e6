#include "yaml_documents.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <optional>
#include <sstream>

#include "kassaflow/documents/documents.hpp"
#include "kassaflow/fiscal/text.hpp"

namespace kassaflow::kassactl {
namespace {

using documents::Key;
using documents::Shape;

constexpr const char* kNotUtf8 = "is not UTF-8; is the file in windows-1251?";

// What can be told of a text that may be anything.
std::string shown(const std::string& text) { return fiscal::is_utf8(text) ? text : fiscal::normalise(text); }

int line_of(const YAML::Node& node) { return node.Mark().line + 1; }

std::string join(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "." + name;
}

// yaml-cpp ends a document before what cannot begin one (","), and begins the next one there, for ever.
class Progress final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (mark.pos == before_) throw YAML::ParserException(mark, "no document begins like this");
    before_ = mark.pos;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  int before_ = -1;
};

void expect_an_end(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Progress progress;
  while (parser.HandleNextDocument(progress)) {
  }
}

class DocumentReader {
 public:
  DocumentReader(const std::string& file, std::vector<std::string>& problems) : problems_(problems) {
    declared_.file = file;
  }

  std::optional<Declared> read(const YAML::Node& node) {
    const std::size_t problems_before = problems_.size();
    declared_.line = line_of(node);
    if (!node.IsMap()) {
      problem("", "a document is a mapping of keys to values");
      return std::nullopt;
    }
    if (!read_kind(node)) return std::nullopt;
    choose(node);
    read_mapping(node, "");
    if (!declared_.lines.contains("id")) problem("id", "is missing");
    if (problems_.size() != problems_before) return std::nullopt;
    return std::move(declared_);
  }

 private:
  void problem(const std::string& key, const std::string& message) {
    problems_.push_back(describe(declared_, key, message));
  }

  // The kind first: it decides what the other keys mean. The id too, so that every problem can name the document.
  bool read_kind(const YAML::Node& node) {
    const YAML::Node kind = node["kind"];
    const std::string word = kind && kind.IsScalar() ? kind.Scalar() : std::string();
    kind_ = documents::normalise_kind(word);
    if (kind_.empty()) {
      if (kind) declared_.lines["kind"] = line_of(kind);
      problem("kind",
              word.empty() ? "is missing" : shown(word) + " is none of Tenant, Pool, Register, Installation, Cashbox");
      return false;
    }
    declared_.document = documents::make_document(kind_);
    if (const YAML::Node id = node["id"]; id && id.IsScalar() && fiscal::is_utf8(id.Scalar())) {
      (void)documents::set_text(declared_.document, documents::keys_of(kind_).front(), id.Scalar());
    }
    constexpr std::size_t kShown = 64;  // characters of an id; no sound one has more
    declared_.name = kind_ + "/" + std::string(fiscal::cut(documents::id_of(declared_.document), kShown));
    return true;
  }

  // Before the blocks they decide about, wherever they stand. What is wrong with one is said in its turn.
  void choose(const YAML::Node& node) {
    for (const Key& key : documents::keys_of(kind_)) {
      if (key.shape != Shape::choice) continue;
      if (const YAML::Node name = node[key.path]; name && name.IsScalar()) {
        (void)documents::set_text(declared_.document, key, name.Scalar());
      }
    }
  }

  void read_mapping(const YAML::Node& node, const std::string& prefix) {
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        problem(prefix, "keys are words");
        continue;
      }
      const std::string path = join(prefix, shown(entry.first.Scalar()));
      if (!note(path, entry.first) || path == "kind") continue;
      if (entry.first.Scalar().find('.') != std::string::npos) {  // parts are nested, never written as a path
        problem(path, "unknown key");
      } else {
        read_value(entry.second, path);
      }
    }
  }

  // Remembers where the key stands; false when it cannot be one.
  bool note(const std::string& path, const YAML::Node& key) {
    const bool first = declared_.lines.insert_or_assign(path, line_of(key)).second;
    if (!fiscal::is_utf8(key.Scalar())) {
      problem(path, kNotUtf8);
      return false;
    }
    if (!first) problem(path, "is given twice");
    return first;
  }

  void read_value(const YAML::Node& value, const std::string& path) {
    const Key* exact = nullptr;
    bool has_parts = false;
    for (const Key& key : documents::keys_of(kind_)) {
      if (key.path == path) exact = &key;
      if (key.path.starts_with(path + ".")) has_parts = true;
    }
    if (exact != nullptr) {
      set(*exact, value, path);
    } else if (!has_parts) {
      problem(path, "unknown key");
    } else if (!value.IsMap()) {
      problem(path, "must be a mapping");
    } else {
      read_block(value, path);
    }
  }

  void read_block(const YAML::Node& value, const std::string& path) {
    const Key* choice = documents::choice_over(kind_, path);
    if (choice == nullptr) return read_mapping(value, path);
    const std::string chosen = documents::get_text(declared_.document, *choice);
    if (chosen == path) return read_mapping(value, path);
    if (!chosen.empty()) return problem(path, "does not belong to " + choice->path + " " + chosen);
    // Nothing was chosen, and the block does not choose itself: only its shape is looked at.
    const v1::Document without = declared_.document;
    read_mapping(value, path);
    declared_.document = without;
  }

  void set(const Key& key, const YAML::Node& value, const std::string& path) {
    switch (key.shape) {
      case Shape::text:
      case Shape::word:
      case Shape::choice:
        if (const auto text = text_of(value, path)) {
          if (const auto wrong = documents::set_text(declared_.document, key, *text); !wrong.empty()) {
            problem(path, wrong);
          }
        }
        break;
      case Shape::flag:
        if (value.IsScalar() && value.Tag() == "?" && (value.Scalar() == "true" || value.Scalar() == "false")) {
          documents::set_flag(declared_.document, key, value.Scalar() == "true");
        } else {
          problem(path, "must be true or false");
        }
        break;
      case Shape::text_by_number:
      case Shape::text_by_name:
        set_entries(key, value, path);
        break;
    }
  }

  void set_entries(const Key& key, const YAML::Node& value, const std::string& path) {
    if (!value.IsMap()) return problem(path, "must be a mapping");
    for (const auto& entry : value) {
      if (!entry.first.IsScalar()) {
        problem(path, "keys are words");
        continue;
      }
      const std::string& name = entry.first.Scalar();
      const std::string entry_path = join(path, shown(name));
      if (!note(entry_path, entry.first)) continue;
      const auto text = text_of(entry.second, entry_path);
      if (!text) continue;
      if (key.shape == Shape::text_by_name) {
        documents::set_entry(declared_.document, key, name, *text);
      } else if (const auto number = number_of(name)) {
        documents::set_entry(declared_.document, key, *number, *text);
      } else {
        problem(entry_path, "the key must be a whole number");
      }
    }
  }

  // A scalar as it is written: numbers keep their leading zeros.
  std::optional<std::string> text_of(const YAML::Node& value, const std::string& path) {
    if (value.IsNull()) {
      problem(path, "has no value");
    } else if (!value.IsScalar()) {
      problem(path, "must be a text");
    } else if (!fiscal::is_utf8(value.Scalar())) {
      problem(path, kNotUtf8);
    } else {
      return value.Scalar();
    }
    return std::nullopt;
  }

  static std::optional<std::int32_t> number_of(const std::string& text) {
    std::int32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
  }

  std::vector<std::string>& problems_;
  std::string kind_;
  Declared declared_;
};

}  // namespace

ParsedFile parse_documents(const std::string& file, const std::string& text) {
  ParsedFile parsed;
  if (text.size() > kFileLimit) {
    parsed.problems.push_back(file + ": is larger than 16 MiB; split it");
    return parsed;
  }
  try {
    expect_an_end(text);
    for (const YAML::Node& node : YAML::LoadAll(text)) {
      if (node.IsNull()) continue;  // what stands before the first or after the last ---
      if (auto declared = DocumentReader(file, parsed.problems).read(node))
        parsed.documents.push_back(std::move(*declared));
      if (parsed.documents.size() > kDocumentsLimit) {
        parsed.problems.push_back(file + ": holds more than " + std::to_string(kDocumentsLimit) +
                                  " documents; split it");
        return parsed;
      }
    }
    if (parsed.documents.empty() && parsed.problems.empty()) parsed.problems.push_back(file + ": holds no document");
  } catch (const YAML::Exception& error) {  // yaml-cpp's way to say no
    parsed.problems.push_back(
        file + ":" + std::to_string(error.mark.line + 1) +
        ": not YAML: " + error.msg.substr(0, error.msg.find(':')));  // behind a colon it quotes, maybe a credential
  }
  return parsed;
}

std::string describe(const Declared& where, const std::string& key, const std::string& message) {
  const auto line = where.lines.find(key);
  std::string text = where.file + ":" + std::to_string(line == where.lines.end() ? where.line : line->second) + ": ";
  if (!where.name.empty()) text += where.name + ": ";
  return text + (key.empty() ? "" : key + ": ") + message;
}

}  // namespace kassaflow::kassactl
