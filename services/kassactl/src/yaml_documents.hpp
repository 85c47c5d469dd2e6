#pragma once
// YAML documents (design.md 3.4) into configuration documents, with the line of every key, so that errors found here
// and by the registry name the same place. Pure. Keys, shapes and words are checked here; what other values may be is
// the registry's to say.

#include <map>
#include <string>
#include <vector>

#include "kassaflow/v1/registry.pb.h"

namespace kassaflow::kassactl {

struct Declared {
  v1::Document document;
  std::string name;  // "pool/acme-shop", to be shown; empty while the kind is not known
  std::string file;
  int line = 0;                      // where it begins, from 1
  std::map<std::string, int> lines;  // key -> line
};

struct ParsedFile {
  std::vector<Declared> documents;
  std::vector<std::string> problems;  // one line each; not empty: apply nothing
};

inline constexpr std::size_t kFileLimit = 16 * 1024 * 1024;
inline constexpr std::size_t kDocumentsLimit = 10'000;  // of one file: more the registry does not take at once

// A file without a document is a problem too: it is not what somebody meant to apply.
[[nodiscard]] ParsedFile parse_documents(const std::string& file, const std::string& text);

// "shop.yaml:12: pool/acme-shop: timezone: is missing". A key that is not in the file is placed at its document.
[[nodiscard]] std::string describe(const Declared& where, const std::string& key, const std::string& message);

}  // namespace kassaflow::kassactl
