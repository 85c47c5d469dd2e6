#include <unistd.h>

#include <iostream>

#include "command_line.hpp"

int main(int argc, char** argv) {
  kassaflow::kassactl::Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return kassaflow::kassactl::run({argv + 1, argv + argc}, environment, std::cin, std::cout, std::cerr,
                                  isatty(STDIN_FILENO) == 1);
}
