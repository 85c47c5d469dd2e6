#include "kassaflow/documents/documents.hpp"

#include <google/protobuf/message.h>

#include <algorithm>
#include <stdexcept>

#include "kassaflow/documents/words.hpp"
#include "kassaflow/text/ascii.hpp"
#include "kassaflow/v1/options.pb.h"
#include "kassaflow/v1/registry.pb.h"

namespace kassaflow::documents {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;

Shape shape_of(const FieldDescriptor& field) {
  if (field.is_map()) {
    const bool by_number = field.message_type()->map_key()->cpp_type() == FieldDescriptor::CPPTYPE_INT32;
    return by_number ? Shape::text_by_number : Shape::text_by_name;
  }
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return Shape::flag;
    case FieldDescriptor::CPPTYPE_ENUM:
      return Shape::word;
    case FieldDescriptor::CPPTYPE_STRING:
      return Shape::text;
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  throw std::logic_error("the grammar has no shape for field " + field.full_name());
}

bool is_block(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field.is_map();
}

// The choice that stands where the first of its blocks is declared.
const OneofDescriptor* choice_at(const FieldDescriptor& field) {
  const OneofDescriptor* oneof = field.real_containing_oneof();
  return oneof != nullptr && oneof->field(0) == &field && oneof->options().HasExtension(v1::choice) ? oneof : nullptr;
}

// What the marks say of the fields of one kind.
struct Fields {
  std::vector<Key> written;  // by people
  std::vector<Key> made;     // by the registry
};

void read_marks(const Descriptor& type, const std::string& prefix, const std::vector<const FieldDescriptor*>& way,
                Fields& fields) {
  std::vector<const FieldDescriptor*> blocks;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (const OneofDescriptor* choice = choice_at(field)) {
      fields.written.push_back({.path = prefix + choice->name(),
                                .shape = Shape::choice,
                                .immutable = choice->options().GetExtension(v1::choice).immutable(),
                                .initial = {},
                                .fields = way,
                                .choice = choice});
    }
    if (!field.options().HasExtension(v1::mark)) continue;
    if (is_block(field)) {
      blocks.push_back(&field);
      continue;
    }
    const v1::Mark& mark = field.options().GetExtension(v1::mark);
    Key key{.path = prefix + (mark.key().empty() ? field.json_name() : mark.key()),
            .shape = shape_of(field),
            .credential = mark.credential(),
            .immutable = mark.immutable(),
            .initial = mark.initial(),
            .fields = way};
    key.fields.push_back(&field);
    (mark.made() ? fields.made : fields.written).push_back(std::move(key));
  }
  for (const FieldDescriptor* block : blocks) {
    auto into = way;
    into.push_back(block);
    read_marks(*block->message_type(), prefix + block->json_name() + ".", into, fields);
  }
}

const OneofDescriptor& kind_oneof() { return *v1::Document::descriptor()->FindOneofByName("kind"); }

const Fields& fields_of(std::string_view kind) {
  static const auto all = [] {
    std::map<std::string, Fields, std::less<>> by_kind;
    for (int i = 0; i < kind_oneof().field_count(); ++i) {
      const FieldDescriptor& field = *kind_oneof().field(i);
      read_marks(*field.message_type(), "", {}, by_kind[field.name()]);
    }
    return by_kind;
  }();
  static const Fields none;
  const auto found = all.find(kind);
  return found == all.end() ? none : found->second;
}

// The message of the document's kind; documents are never passed here without one.
const Message& content(const v1::Document& document) {
  const FieldDescriptor* field = document.GetReflection()->GetOneofFieldDescriptor(document, &kind_oneof());
  if (field == nullptr) throw std::invalid_argument("empty configuration document");
  return document.GetReflection()->GetMessage(document, field);
}

Message& mutable_content(v1::Document& document) { return const_cast<Message&>(content(document)); }

// The message that holds the value of the key: the last of its fields, or its choice.
std::size_t depth(const Key& key) { return key.choice != nullptr ? key.fields.size() : key.fields.size() - 1; }

const Message& holder(const v1::Document& document, const Key& key) {
  const Message* message = &content(document);
  for (std::size_t i = 0; i < depth(key); ++i) {
    message = &message->GetReflection()->GetMessage(*message, key.fields[i]);
  }
  return *message;
}

Message& mutable_holder(v1::Document& document, const Key& key) {
  Message* message = &mutable_content(document);
  for (std::size_t i = 0; i < depth(key); ++i) {
    message = message->GetReflection()->MutableMessage(message, key.fields[i]);
  }
  return *message;
}

std::string chosen(const Message& message, const OneofDescriptor& choice) {
  const FieldDescriptor* field = message.GetReflection()->GetOneofFieldDescriptor(message, &choice);
  return field == nullptr ? std::string() : field->json_name();
}

std::string choose(Message& message, const OneofDescriptor& choice, const std::string& name) {
  std::vector<std::string> names;
  for (int i = 0; i < choice.field_count(); ++i) {
    names.push_back(choice.field(i)->json_name());
    if (names.back() != name) continue;
    message.GetReflection()->MutableMessage(&message, choice.field(i));
    return {};
  }
  return "must be " + alternatives(names);
}

std::string word_in(const Message& message, const FieldDescriptor& field) {
  const int value = message.GetReflection()->GetEnumValue(message, &field);
  if (value == 0) return {};
  if (field.enum_type()->FindValueByNumber(value) == nullptr) return "unknown (" + std::to_string(value) + ")";
  return std::string(word_of(*field.enum_type(), value));
}

Message& add_entry(v1::Document& document, const Key& key) {
  Message& message = mutable_holder(document, key);
  return *message.GetReflection()->AddMessage(&message, key.fields.back());
}

void set_value(Message& entry, const std::string& value) {
  entry.GetReflection()->SetString(&entry, entry.GetDescriptor()->map_value(), value);
}

void add_flat(const v1::Document& document, const Key& key, std::map<std::string, std::string>& flat) {
  switch (key.shape) {
    case Shape::flag:
      flat.emplace(key.path, get_flag(document, key) ? "true" : "false");
      break;
    case Shape::text_by_number:
    case Shape::text_by_name:
      for (const auto& [name, value] : get_entries(document, key)) flat.emplace(key.path + "." + name, value);
      break;
    case Shape::text:
    case Shape::word:
    case Shape::choice:
      if (std::string value = get_text(document, key); !value.empty()) flat.emplace(key.path, std::move(value));
      break;
  }
}

}  // namespace

std::span<const std::string> kinds() {
  static const auto names = [] {
    std::vector<std::string> list;
    for (int i = 0; i < kind_oneof().field_count(); ++i) list.push_back(kind_oneof().field(i)->name());
    return list;
  }();
  return names;
}

std::string normalise_kind(std::string_view word) {
  const std::string lower = ascii::lower(word);
  for (const std::string& kind : kinds()) {
    if (lower == kind || lower == kind + (kind.ends_with('x') ? "es" : "s")) return kind;
  }
  return {};
}

std::span<const Key> keys_of(std::string_view kind) { return fields_of(kind).written; }

const Key* choice_over(std::string_view kind, std::string_view path) {
  for (const Key& key : keys_of(kind)) {
    if (key.choice == nullptr) continue;
    for (int i = 0; i < key.choice->field_count(); ++i) {
      if (key.choice->field(i)->json_name() == path) return &key;
    }
  }
  return nullptr;
}

bool is_id(std::string_view text) {
  constexpr std::size_t kLongest = 63;
  const auto fits = [](char c) { return ascii::is_digit(c) || ascii::is_lower(c) || c == '-'; };
  return !text.empty() && text.size() <= kLongest && text.front() != '-' && std::ranges::all_of(text, fits);
}

v1::Document make_document(std::string_view kind) {
  const FieldDescriptor* field = v1::Document::descriptor()->FindFieldByName(std::string(kind));
  if (field == nullptr) throw std::invalid_argument("no kind " + std::string(kind));
  v1::Document document;
  document.GetReflection()->MutableMessage(&document, field);
  for (const Key& key : keys_of(kind)) {
    if (key.initial.empty()) continue;
    if (key.shape == Shape::flag) {
      set_flag(document, key, key.initial == "true");
    } else if (const std::string wrong = set_text(document, key, key.initial); !wrong.empty()) {
      throw std::logic_error("the initial value of " + key.path + " " + wrong);
    }
  }
  return document;
}

std::string_view kind_of(const v1::Document& document) {
  const FieldDescriptor* field = document.GetReflection()->GetOneofFieldDescriptor(document, &kind_oneof());
  return field == nullptr ? std::string_view() : field->name();
}

std::string id_of(const v1::Document& document) {
  const auto kind = kind_of(document);
  return kind.empty() ? std::string() : get_text(document, keys_of(kind).front());
}

std::string_view protocol_of(const v1::Register& document) {
  const auto* oneof = v1::Register::descriptor()->FindOneofByName("protocol");
  const FieldDescriptor* field = document.GetReflection()->GetOneofFieldDescriptor(document, oneof);
  return field == nullptr ? std::string_view() : field->json_name();
}

std::string set_text(v1::Document& document, const Key& key, const std::string& value) {
  Message& message = mutable_holder(document, key);
  if (key.shape == Shape::choice) return choose(message, *key.choice, value);
  const FieldDescriptor* field = key.fields.back();
  if (key.shape == Shape::text) {
    message.GetReflection()->SetString(&message, field, value);
    return {};
  }
  const auto number = value_of(*field->enum_type(), value);
  if (!number) return "must be " + words_of(*field->enum_type());
  message.GetReflection()->SetEnumValue(&message, field, *number);
  return {};
}

void set_flag(v1::Document& document, const Key& key, bool value) {
  Message& message = mutable_holder(document, key);
  message.GetReflection()->SetBool(&message, key.fields.back(), value);
}

void set_entry(v1::Document& document, const Key& key, std::int32_t name, const std::string& value) {
  Message& entry = add_entry(document, key);
  entry.GetReflection()->SetInt32(&entry, entry.GetDescriptor()->map_key(), name);
  set_value(entry, value);
}

void set_entry(v1::Document& document, const Key& key, const std::string& name, const std::string& value) {
  Message& entry = add_entry(document, key);
  entry.GetReflection()->SetString(&entry, entry.GetDescriptor()->map_key(), name);
  set_value(entry, value);
}

std::string get_text(const v1::Document& document, const Key& key) {
  const Message& message = holder(document, key);
  if (key.shape == Shape::choice) return chosen(message, *key.choice);
  const FieldDescriptor* field = key.fields.back();
  return key.shape == Shape::word ? word_in(message, *field) : message.GetReflection()->GetString(message, field);
}

bool get_flag(const v1::Document& document, const Key& key) {
  const Message& message = holder(document, key);
  return message.GetReflection()->GetBool(message, key.fields.back());
}

std::map<std::string, std::string> get_entries(const v1::Document& document, const Key& key) {
  const Message& message = holder(document, key);
  const Reflection& reflection = *message.GetReflection();
  std::map<std::string, std::string> entries;
  for (int i = 0; i < reflection.FieldSize(message, key.fields.back()); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, key.fields.back(), i);
    const Reflection& of_entry = *entry.GetReflection();
    const FieldDescriptor* name = entry.GetDescriptor()->map_key();
    entries.insert_or_assign(key.shape == Shape::text_by_number ? std::to_string(of_entry.GetInt32(entry, name))
                                                                : of_entry.GetString(entry, name),
                             of_entry.GetString(entry, entry.GetDescriptor()->map_value()));
  }
  return entries;
}

std::map<std::string, std::string> flatten(const v1::Document& document) {
  std::map<std::string, std::string> flat;
  for (const Key& key : keys_of(kind_of(document))) add_flat(document, key, flat);
  return flat;
}

std::map<std::string, std::string> immutable_values(const v1::Document& document) {
  std::map<std::string, std::string> flat;
  const Fields& fields = fields_of(kind_of(document));
  for (const auto* keys : {&fields.written, &fields.made}) {
    for (const Key& key : *keys) {
      if (key.immutable) add_flat(document, key, flat);
    }
  }
  return flat;
}

}  // namespace kassaflow::documents
