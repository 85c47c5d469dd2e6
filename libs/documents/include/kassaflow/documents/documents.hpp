#pragma once
// The grammar of configuration documents (design.md 3.4): which keys each kind has, where they live in the protobuf
// message, which of them are credentials and which never change. It is read off proto/kassaflow/v1/registry.proto and
// its marks. kassactl needs it for YAML in and out, the registry for differences, error texts, the audit log and what
// is encrypted. Pure, thread-safe; protobuf stays behind forward declarations.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace google::protobuf {
class FieldDescriptor;
class OneofDescriptor;
}  // namespace google::protobuf

namespace kassaflow::v1 {
class Document;
class Register;
}  // namespace kassaflow::v1

namespace kassaflow::documents {

enum class Shape : std::uint8_t {
  text,
  flag,            // true | false
  word,            // one of an enum's words
  choice,          // the name of one of several blocks; only that block may be given
  text_by_number,  // a map with whole numbers as keys
  text_by_name,    // a map with texts as keys
};

struct Key {
  std::string path;  // as people write it: "itkassa.creItemId"
  Shape shape = Shape::text;
  bool credential = false;  // write-only, encrypted at rest; of a map the values, not the names
  bool immutable = false;
  std::string initial;  // what it is when it is left out, as people write it
  // Where the value is: the fields that lead from the kind's message to it.
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  const google::protobuf::OneofDescriptor* choice = nullptr;  // of Shape::choice, instead of the last field
};

// In the order in which they are shown and in which documents may refer to each other.
[[nodiscard]] std::span<const std::string> kinds();
// "Pools", "pool" -> "pool"; empty when there is no such kind.
[[nodiscard]] std::string normalise_kind(std::string_view word);
// Plain keys first, then those in blocks, each in the order of the message. Empty for a kind that does not exist.
[[nodiscard]] std::span<const Key> keys_of(std::string_view kind);
// The key that decides whether a document may hold the block `path`: `protocol` for "bit". nullptr: any may.
[[nodiscard]] const Key* choice_over(std::string_view kind, std::string_view path);

// What a document of any kind may be called: 1 to 63 lower-case letters, digits and hyphens, not beginning with a
// hyphen.
[[nodiscard]] bool is_id(std::string_view text);

// A document of this kind with the initial values of keys that may be left out. `kind` is one of kinds().
[[nodiscard]] v1::Document make_document(std::string_view kind);
[[nodiscard]] std::string_view kind_of(const v1::Document& document);  // empty when nothing is set
[[nodiscard]] std::string id_of(const v1::Document& document);
// The block of its protocol by name; empty when none is set.
[[nodiscard]] std::string_view protocol_of(const v1::Register& document);

// Also of words and choices. Empty when the value was taken, else what it must be: "must be refuse or allow".
[[nodiscard]] std::string set_text(v1::Document& document, const Key& key, const std::string& value);
void set_flag(v1::Document& document, const Key& key, bool value);
void set_entry(v1::Document& document, const Key& key, std::int32_t name, const std::string& value);
void set_entry(v1::Document& document, const Key& key, const std::string& name, const std::string& value);

// Empty when it is not set. A word this program does not know is "unknown (7)".
[[nodiscard]] std::string get_text(const v1::Document& document, const Key& key);
[[nodiscard]] bool get_flag(const v1::Document& document, const Key& key);
// The entries of a map key, sorted; numbers as text.
[[nodiscard]] std::map<std::string, std::string> get_entries(const v1::Document& document, const Key& key);

// Path -> value of everything that is set, entries of maps as "vat.3". Holds credentials: to compare, never to show.
[[nodiscard]] std::map<std::string, std::string> flatten(const v1::Document& document);
// The same of what never changes, with what the registry has filled in.
[[nodiscard]] std::map<std::string, std::string> immutable_values(const v1::Document& document);

}  // namespace kassaflow::documents
