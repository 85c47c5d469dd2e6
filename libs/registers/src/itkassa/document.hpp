#pragma once
// One `object` of an answer or callback: is it ours, and what does it say (protocols/itkassa.md §6.2, §11.3)? Pure.

#include <string>

#include "common/wire_json.hpp"
#include "itkassa/answer.hpp"

namespace kassaflow::registers::itkassa {

// The document's id; empty when there is none or it is not fit for a URL.
[[nodiscard]] std::string document_id(const Json& object);

// Empty when the document echoes what was asked; else Russian, what differs. With `strict` the document was found by
// its key, so register, type and either the key or the commands must be there to be compared (exactly-once.md 7).
[[nodiscard]] std::string difference(const Json& object, const Requested& requested, bool strict);

// The document's state and result. `remote_id` of the finding is set.
[[nodiscard]] Finding read_document(const Json& object, const Requested& requested);

}  // namespace kassaflow::registers::itkassa
