#pragma once
// What one configuration document must be, whatever else exists. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "kassaflow/registers/protocol.hpp"

namespace kassaflow::v1 {
class Document;
}

namespace kassaflow::registry {

using registers::Problem;

[[nodiscard]] std::vector<Problem> check(const v1::Document& document, bool allow_private_endpoints);

// Empty when `url` is an absolute http(s) URL that may be called from here, else what is wrong. Never quotes the URL.
// As the connector reads it (http/url.hpp); what names lead to is judged when they are connected to.
[[nodiscard]] std::string check_url(std::string_view url, bool allow_private_endpoints);

}  // namespace kassaflow::registry
