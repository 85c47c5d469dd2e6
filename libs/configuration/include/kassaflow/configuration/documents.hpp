#pragma once
// The grammar of configuration documents (design.md 3.4): which keys each kind has, where they live in the protobuf
// message and which of them are credentials. One table serves kassactl (YAML in and out) and registry (differences,
// error texts, the audit log, what is encrypted). Pure; protobuf stays behind the forward declaration.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace kassaflow::v1 {
class Document;
}  // namespace kassaflow::v1

namespace kassaflow::configuration {

enum class Shape : unsigned char {
  text,
  flag,            // true | false
  text_by_number,  // a map with whole numbers as keys
  text_by_name,    // a map with texts as keys
};

struct Key {
  std::string_view path;   // as people write it: "itkassa.creItemId"
  std::string_view field;  // in the message of the kind: "itkassa.cre_item_id"
  Shape shape = Shape::text;
  bool credential = false;  // write-only, encrypted at rest; of a map the values, not the names
};

// In the order in which they are shown and in which documents may refer to each other.
inline constexpr std::string_view kKinds[] = {"tenant", "pool", "register", "installation", "cashbox"};

// "Pools", "pool" -> "pool"; empty when there is no such kind.
[[nodiscard]] std::string_view normalise_kind(std::string_view word);
// Empty for a kind that does not exist.
[[nodiscard]] std::span<const Key> keys_of(std::string_view kind);

// A document of this kind with the defaults of keys that may be left out. `kind` is one of kKinds.
[[nodiscard]] v1::Document make_document(std::string_view kind);
[[nodiscard]] std::string_view kind_of(const v1::Document& document);  // empty when nothing is set
[[nodiscard]] std::string id_of(const v1::Document& document);

void set_text(v1::Document& document, const Key& key, const std::string& value);
void set_flag(v1::Document& document, const Key& key, bool value);
void set_entry(v1::Document& document, const Key& key, std::int32_t name, const std::string& value);
void set_entry(v1::Document& document, const Key& key, const std::string& name, const std::string& value);

[[nodiscard]] std::string get_text(const v1::Document& document, const Key& key);
[[nodiscard]] bool get_flag(const v1::Document& document, const Key& key);
// The entries of a map key, sorted; numbers as text.
[[nodiscard]] std::map<std::string, std::string> get_entries(const v1::Document& document, const Key& key);

// Path -> value of everything that is set, entries of maps as "vat.3". Holds credentials: to compare, never to show.
[[nodiscard]] std::map<std::string, std::string> flatten(const v1::Document& document);

// The same document without credentials; of maps the names stay.
[[nodiscard]] v1::Document without_credentials(const v1::Document& document);
// Only the credentials; merging them into without_credentials() gives the whole again.
[[nodiscard]] v1::Document only_credentials(const v1::Document& document);

}  // namespace kassaflow::configuration
