#include "kassaflow/documents/marks.hpp"

#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <functional>
#include <vector>

namespace kassaflow::documents {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

enum class Part : std::uint8_t {
  nothing,
  names,  // of a map: its entries without their values
  asked,  // all of it, or of a message what is said of each of its fields
  as_is,  // all of it, without a question about what is inside
};

bool is_message(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field.is_map();
}

bool is_credential(const FieldDescriptor& field) {
  return !field.options().HasExtension(v1::mark) || field.options().GetExtension(v1::mark).credential();
}

std::vector<const FieldDescriptor*> set_fields(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  return fields;
}

// The messages a field holds, one or several.
template <class Visit>
void for_each_message(Message& message, const FieldDescriptor& field, const Visit& visit) {
  const Reflection& reflection = *message.GetReflection();
  if (!field.is_repeated()) return visit(*reflection.MutableMessage(&message, &field));
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    visit(*reflection.MutableRepeatedMessage(&message, &field, i));
  }
}

void walk(Message& message, const std::function<Part(const FieldDescriptor&)>& part_of) {
  const Reflection& reflection = *message.GetReflection();
  reflection.MutableUnknownFields(&message)->Clear();
  for (const FieldDescriptor* field : set_fields(message)) {
    switch (part_of(*field)) {
      case Part::nothing:
        reflection.ClearField(&message, field);
        break;
      case Part::names:
        for_each_message(message, *field, [](Message& entry) {
          entry.GetReflection()->ClearField(&entry, entry.GetDescriptor()->map_value());
        });
        break;
      case Part::asked:
        if (is_message(*field)) for_each_message(message, *field, [&](Message& part) { walk(part, part_of); });
        break;
      case Part::as_is:
        break;
    }
  }
}

// True when nothing is left.
bool drop_empty_messages(Message& message) {
  for (const FieldDescriptor* field : set_fields(message)) {
    if (!is_message(*field)) continue;
    bool empty = true;
    for_each_message(message, *field, [&](Message& part) { empty = drop_empty_messages(part) && empty; });
    if (empty) message.GetReflection()->ClearField(&message, field);
  }
  return set_fields(message).empty();
}

}  // namespace

void keep_sent_to(v1::Service service, Message& message) {
  walk(message, [service](const FieldDescriptor& field) {
    const auto& sent_to = field.options().GetExtension(v1::mark).sent_to();
    return std::ranges::find(sent_to, service) != sent_to.end() ? Part::asked : Part::nothing;
  });
}

void drop_credentials(Message& message) {
  walk(message, [](const FieldDescriptor& field) {
    if (!is_credential(field)) return Part::asked;
    return field.is_map() && field.options().HasExtension(v1::mark) ? Part::names : Part::nothing;
  });
}

void keep_credentials(Message& message) {
  walk(message, [](const FieldDescriptor& field) {
    if (is_credential(field)) return Part::as_is;
    return is_message(field) ? Part::asked : Part::nothing;
  });
  drop_empty_messages(message);
}

bool has_unknown_fields(const Message& message) {
  const Reflection& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) return true;
  return std::ranges::any_of(set_fields(message), [&](const FieldDescriptor* field) {
    if (!is_message(*field)) return false;
    if (!field->is_repeated()) return has_unknown_fields(reflection.GetMessage(message, field));
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      if (has_unknown_fields(reflection.GetRepeatedMessage(message, field, i))) return true;
    }
    return false;
  });
}

}  // namespace kassaflow::documents
