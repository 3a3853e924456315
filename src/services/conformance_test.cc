// docs/conformance.md says what each operation is: real, differing, or not implemented. It is made from the tables, from what is
// linked in, and from the sentences "Differs from AWS: ..." above the handlers; this test fails when it is stale.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "aws/model.h"
#include "base/text.h"
#include "services/catalog.h"

namespace cairn::services {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = CAIRN_SOURCE_DIR;
constexpr std::string_view kMark = "Differs from AWS: ";

std::string read_file(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// What stands after the mark in each handler's comment: handler -> the rest of the comment.
std::map<std::string, std::string> notes_of(const std::string& source) {
  static const std::regex kHandler(R"(^(?:static )?void (\w+)\((?:api::)?Call&.*)");
  std::map<std::string, std::string> notes;
  std::string comment;
  for (std::string_view line : text::split(source, '\n')) {
    std::match_results<std::string_view::const_iterator> found;
    if (line.starts_with("///")) {
      comment += (comment.empty() ? "" : " ") + std::string(text::trim(line.substr(3)));
    } else {
      const size_t mark = comment.find(kMark);
      if (mark != std::string::npos && std::regex_match(line.begin(), line.end(), found, kHandler))
        notes[found[1].str()] = comment.substr(mark + kMark.size());
      comment.clear();
    }
  }
  return notes;
}

/// operation -> how it differs, of the service whose folder this is.
std::map<std::string, std::string> differences_of(const fs::path& folder) {
  static const std::regex kRow(R"re("(\w+)",\s*(?:\.handle = )?&?(\w+))re");
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".cc") continue;
    const std::string source = read_file(entry.path());
    const std::map<std::string, std::string> notes = notes_of(source);
    for (auto row = std::sregex_iterator(source.begin(), source.end(), kRow); row != std::sregex_iterator(); ++row)
      if (auto note = notes.find((*row)[2]); note != notes.end()) found[(*row)[1]] = note->second;
  }
  return found;
}

std::string document() {
  std::map<std::string_view, std::set<std::string_view>> implemented;
  for (const api::Family* family : families())
    for (const api::Operation& operation : family->operations) implemented[family->service].insert(operation.name);

  std::string summary, details, absent;
  for (std::string_view key : aws::service_model_keys()) {
    const aws::ServiceModel& service = *aws::service_model(key);
    const fs::path folder = kRoot / "src/services" / key;
    const std::map<std::string, std::string> differences =
        fs::is_directory(folder) ? differences_of(folder) : std::map<std::string, std::string>();
    size_t real = 0, differing = 0;
    std::string rows, missing;
    for (const aws::OperationModel& operation : service.operations) {
      if (!implemented[key].contains(operation.name)) {
        missing += (missing.empty() ? "" : ", ") + operation.name;
        continue;
      }
      auto note = differences.find(operation.name);
      ++(note == differences.end() ? real : differing);
      rows += note == differences.end() ? fmt::format("| {} | real | |\n", operation.name)
                                        : fmt::format("| {} | differs | {} |\n", operation.name, note->second);
    }
    const size_t total = service.operations.size();
    summary += fmt::format("| {} | {} | {} | {} | {} |\n", key, total, real, differing, total - real - differing);
    if (rows.empty()) {
      absent += (absent.empty() ? "" : ", ") + std::string(key);
      continue;
    }
    details += fmt::format("\n## {}\n| operation | state | how it differs |\n|---|---|---|\n{}", key, rows);
    if (!missing.empty()) details += fmt::format("\nNot implemented: {}.\n", missing);
  }
  return fmt::format(
      "# Operations: what is real\n\n"
      "Made from the tables in `models/`, the operations in `src/services/` and the sentences `Differs from AWS:` above their\n"
      "handlers; a test fails when it is stale. To write it anew:\n"
      "`CAIRN_WRITE_DOCS=1 build/release/bin/services_test --gtest_filter='Conformance*'`\n\n"
      "*real*: does what AWS's does. *differs*: does it, with the difference named. *not implemented*: parameters are read and checked,\n"
      "then the call is answered with `NotImplemented`, status 501, and recorded.\n\n"
      "S3 is held against a public suite, too: [s3-tests.md](s3-tests.md); CloudFormation against public templates: "
      "[stacks-templates.md](stacks-templates.md).\n\n"
      "| service | operations | real | differs | not implemented |\n|---|---|---|---|---|\n{}{}\n"
      "## Known, and not implemented as a whole\n{}.\n",
      summary, details, absent);
}

TEST(Conformance, TheDocumentSaysWhatIsImplemented) {
  const fs::path path = kRoot / "docs/conformance.md";
  const std::string wanted = document();
  if (std::getenv("CAIRN_WRITE_DOCS") != nullptr) std::ofstream(path) << wanted;
  EXPECT_EQ(read_file(path), wanted) << "docs/conformance.md is stale: its second paragraph says how to write it anew";
}

TEST(Conformance, EveryImplementedOperationIsInItsServicesTable) {
  for (const api::Family* family : families()) {
    const aws::ServiceModel* service = aws::service_model(family->service);
    ASSERT_NE(service, nullptr) << family->service;
    for (const api::Operation& operation : family->operations)
      EXPECT_NE(service->operation(operation.name), nullptr) << family->service << '.' << operation.name;
    EXPECT_TRUE(std::is_sorted(family->operations.begin(), family->operations.end(), [](const api::Operation& a, const api::Operation& b) {
      return a.name < b.name;
    })) << family->service;
  }
}

}  // namespace
}  // namespace cairn::services
