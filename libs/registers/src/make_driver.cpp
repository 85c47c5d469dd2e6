#include <stdexcept>

#include "bit/driver.hpp"
#include "itkassa/driver.hpp"
#include "itkassa/render.hpp"
#include "kassaflow/registers/check_total.hpp"
#include "kassaflow/registers/driver.hpp"

namespace kassaflow::registers {

std::unique_ptr<Driver> make_driver(const RegisterSettings& settings, const Timeouts& timeouts,
                                    http::AddressPolicy addresses) {
  if (settings.protocol == "itkassa") return itkassa::make(settings, timeouts, addresses);
  if (settings.protocol == "bit") return bit::make(settings, timeouts, addresses);
  throw std::invalid_argument("register " + settings.id + ": unknown protocol " + settings.protocol);
}

Result<void> check_total(std::string_view protocol, fiscal::Kopecks total) {
  if (protocol == "itkassa") return itkassa::check_total(total);
  return {};
}

}  // namespace kassaflow::registers
