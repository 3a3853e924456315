#include "cli/target.h"

#include <gtest/gtest.h>

#include <map>

#include "cli/exports.h"
#include "env/sim/files.h"

namespace cairn::cli {
namespace {

class TargetTest : public testing::Test {
 protected:
  TargetTest()
      : around_{files_, [this](const char* name) -> std::optional<std::string> {
                  const auto it = variables_.find(name);
                  return it == variables_.end() ? std::nullopt : std::optional(it->second);
                }} {
    variables_["HOME"] = "/home/u";
    write("/data/credentials", "[default]\naws_access_key_id = AKIADATA\naws_secret_access_key = data-secret\n");
    write("/data/endpoint", "http://localhost:4566\n");
    write("/home/u/.aws/credentials",
          "[default]\naws_access_key_id=AKIADEFAULT\naws_secret_access_key=s1\n[work]\naws_access_key_id = AKIAWORK\n"
          "aws_secret_access_key = s2\naws_session_token = t2\n");
    write("/home/u/.aws/config",
          "# comment\n[default]\nregion = eu-west-3\n[profile work]\nregion = ap-south-1\nendpoint_url = https://work.example:8443/\n"
          "s3 =\n  addressing_style = path\n[profile role]\nrole_arn = arn:aws:iam::1:role/x\n");
  }
  void write(const std::string& path, std::string_view text) {
    ASSERT_TRUE(files_.make_directory(env::parent_directory(path)));
    ASSERT_TRUE(env::write_file_atomically(files_, path, text));
  }
  Target find(const TargetOptions& options = {}) {
    const auto target = find_target(options, around_);
    EXPECT_TRUE(target.has_value()) << target.error().message;
    return target.value_or(Target{});
  }
  std::string failure_of(const TargetOptions& options) {
    const auto target = find_target(options, around_);
    return target ? "" : target.error().message;
  }

  env::SimFiles files_;
  std::map<std::string, std::string> variables_;
  Surroundings around_;
};

TEST_F(TargetTest, WithoutAnythingTheServerOfTheDataDirectoryIsMeant) {
  variables_["CAIRN_DATA"] = "/data";
  const Target target = find();
  EXPECT_EQ(target.endpoint, "http://127.0.0.1:4566") << "by number, never by name";
  EXPECT_EQ(target.signer.access_key.str(), "AKIADATA");
  EXPECT_EQ(target.signer.secret.reveal(), "data-secret");
  EXPECT_EQ(target.signer.region.str(), "eu-west-3");
}

TEST_F(TargetTest, OptionsBeatVariablesBeatFiles) {
  variables_["AWS_PROFILE"] = "work";
  Target target = find();
  EXPECT_EQ(target.endpoint, "https://work.example:8443");
  EXPECT_EQ(target.signer.access_key.str(), "AKIAWORK");
  EXPECT_EQ(target.signer.session_token, "t2");
  EXPECT_EQ(target.signer.region.str(), "ap-south-1");

  variables_["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1";
  variables_["AWS_ACCESS_KEY_ID"] = "AKIAENV";
  variables_["AWS_SECRET_ACCESS_KEY"] = "env";
  variables_["AWS_SESSION_TOKEN"] = "token";
  variables_["AWS_DEFAULT_REGION"] = "us-west-2";
  target = find();
  EXPECT_EQ(target.endpoint, "http://127.0.0.1:1");
  EXPECT_EQ(target.signer.access_key.str(), "AKIAENV");
  EXPECT_EQ(target.signer.session_token, "token");
  EXPECT_EQ(target.signer.region.str(), "us-west-2");
  variables_["AWS_REGION"] = "us-west-1";
  EXPECT_EQ(find().signer.region.str(), "us-west-1");

  target = find({.endpoint_url = "http://[::1]:2/", .region = "sa-east-1", .profile = "default"});
  EXPECT_EQ(target.endpoint, "http://[::1]:2");
  EXPECT_EQ(target.signer.access_key.str(), "AKIADEFAULT") << "a profile on the command line beats keys in the environment";
  EXPECT_EQ(target.signer.region.str(), "sa-east-1");

  target = find({.data = "/data"});
  EXPECT_EQ(target.endpoint, "http://127.0.0.1:4566");
  EXPECT_EQ(target.signer.access_key.str(), "AKIADATA");
}

TEST_F(TargetTest, BucketsMayBeElsewhere) {
  variables_["CAIRN_DATA"] = "/data";
  EXPECT_EQ(find().s3_endpoint, "http://127.0.0.1:4566");
  variables_["AWS_ENDPOINT_URL_S3"] = "https://s3.example/";
  EXPECT_EQ(find().s3_endpoint, "https://s3.example");
  EXPECT_EQ(find().endpoint, "http://127.0.0.1:4566");
  EXPECT_EQ(find({.data = "/data"}).s3_endpoint, "http://127.0.0.1:4566") << "a server that was named is meant for all";
  EXPECT_EQ(find({.endpoint_url = "http://[::1]:2"}).s3_endpoint, "http://[::1]:2");
  EXPECT_EQ(find().s3_overruled, "");
  EXPECT_EQ(find({.data = "/data"}).s3_overruled,
            "--data (http://127.0.0.1:4566) is asked for buckets, too: AWS_ENDPOINT_URL_S3 (https://s3.example/) is not heeded");
  EXPECT_EQ(find({.endpoint_url = "http://[::1]:2"}).s3_overruled,
            "--endpoint-url (http://[::1]:2) is asked for buckets, too: AWS_ENDPOINT_URL_S3 (https://s3.example/) is not heeded");
  EXPECT_EQ(find({.endpoint_url = "https://s3.example"}).s3_overruled, "") << "it says the same";
  variables_["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  EXPECT_EQ(find().s3_endpoint, "http://127.0.0.1:4566");
  EXPECT_EQ(find({.data = "/data"}).s3_overruled, "");
  variables_.erase("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
  variables_["AWS_ENDPOINT_URL_S3"] = "s3.example";
  EXPECT_NE(failure_of({}).find("s3.example is no endpoint"), std::string::npos);
}

TEST_F(TargetTest, ConfiguredEndpointsCanBeIgnored) {
  variables_["CAIRN_DATA"] = "/data";
  variables_["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1";
  variables_["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  EXPECT_EQ(find().endpoint, "http://127.0.0.1:4566");
}

TEST_F(TargetTest, WhatIsMissingIsNamed) {
  EXPECT_NE(failure_of({.profile = "none"}).find("none could not be found"), std::string::npos);
  EXPECT_NE(failure_of({.profile = "role"}).find("no aws_access_key_id"), std::string::npos);
  EXPECT_NE(failure_of({.endpoint_url = "localhost:4566"}).find("no endpoint"), std::string::npos);
  EXPECT_NE(failure_of({.data = "/elsewhere"}).find("/elsewhere/credentials"), std::string::npos);
  variables_["AWS_ACCESS_KEY_ID"] = "AKIA";
  EXPECT_NE(failure_of({}).find("AWS_SECRET_ACCESS_KEY is missing"), std::string::npos);
  variables_.clear();
  variables_["HOME"] = "/home/other";
  EXPECT_NE(failure_of({}).find("cairn serve"), std::string::npos);
}

TEST_F(TargetTest, ExportsPointEverythingAtTheServer) {
  variables_["AWS_ACCESS_KEY_ID"] = "AKIAOTHER";  // of another server: not what is asked for
  variables_["AWS_SECRET_ACCESS_KEY"] = "other";
  variables_["AWS_ENDPOINT_URL"] = "https://elsewhere.example";
  const auto exports = make_exports({.data = "/data"}, around_);
  ASSERT_TRUE(exports.has_value()) << exports.error().message;
  for (const char* line : {"export AWS_ENDPOINT_URL=http://127.0.0.1:4566\n", "export AWS_ACCESS_KEY_ID=AKIADATA\n",
                           "export AWS_SECRET_ACCESS_KEY=data-secret\n", "export AWS_DEFAULT_REGION=eu-west-3\n",
                           "export AWS_REGION=eu-west-3\n", "export AWS_CONFIG_FILE=/data/aws-cli/config\n"}) {
    EXPECT_NE(exports->find(line), std::string::npos) << line << *exports;
  }
  const std::string config = env::read_file(files_, "/data/aws-cli/config").value();
  EXPECT_NE(config.find("cli_legacy_plugin_path = /data/aws-cli\n"), std::string::npos) << config;
  EXPECT_TRUE(env::read_file(files_, "/data/aws-cli/cairn_endpoint.py").has_value());
}

TEST_F(TargetTest, ExportsOfAServerThatNeverRanSayHowToStartIt) {
  const auto exports = make_exports({.data = "/nowhere"}, around_);
  ASSERT_FALSE(exports.has_value());
  EXPECT_NE(exports.error().message.find("cairn serve --data /nowhere"), std::string::npos);
}

TEST(ShellQuote, KeepsAnyTextOneWord) {
  EXPECT_EQ(shell_quote("AKIA/x+y="), "AKIA/x+y=");
  EXPECT_EQ(shell_quote(""), "''");
  EXPECT_EQ(shell_quote("it's $(x)"), "'it'\\''s $(x)'");
}

}  // namespace
}  // namespace cairn::cli
