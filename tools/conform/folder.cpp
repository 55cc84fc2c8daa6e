// SPDX-License-Identifier: MIT
#include <tools/conform/folder.h>
#include <tools/conform/json_file.h>

#include <cmath>
#include <limits>
#include <sstream>

namespace wengert::conform {
namespace {

ScalarResult run_scalar(const Scalar& scalar, Form form) {
  ScalarResult result{.name = scalar.name, .form = form, .units = 0, .text = {}};
  std::ostringstream text;
  text.precision(std::numeric_limits<double>::max_digits10);
  try {
    const double got = derivative(scalar, form);
    const double error = std::abs(got - scalar.expected);
    const double allowance = scalar.rtol * std::max(1.0, std::abs(scalar.expected));
    result.units = error == 0 ? 0 : error / allowance;
    if (!(result.units <= 1)) text << "is " << got << ", expected " << scalar.expected;
  } catch (const FileError&) {
    throw;
  } catch (const Error& error) {
    result.units = std::numeric_limits<double>::infinity();
    text << error.what();
  }
  if (std::isnan(result.units)) result.units = std::numeric_limits<double>::infinity();
  result.text = text.str();
  return result;
}

// A folder that is wrong somewhere is refused before the first case has taken its time.
void expect_known(const std::vector<Behaviour>& behaviours, const std::vector<Case>& cases,
                  const std::vector<Case>& sequences, const std::vector<Scalar>& scalars) {
  for (const Case& c : cases) expect_known(c);
  for (const Case& c : sequences) expect_known(c);
  for (const Scalar& scalar : scalars) expect_known(scalar);
  for (const Behaviour& behaviour : behaviours) expect_known(behaviour);
}

}  // namespace

FolderResult run_folder(const std::filesystem::path& folder,
                        const std::function<void(std::string_view)>& progress) {
  const std::vector<Case> cases = load_cases(folder), sequences = load_sequences(folder);
  const std::vector<Scalar> scalars = load_scalars(folder);
  const std::vector<Behaviour> behaviours = load_behaviours(folder);
  expect_known(behaviours, cases, sequences, scalars);
  const std::filesystem::path manifest = folder / "manifest.json";
  expect_count(manifest, parse_json_file(manifest), "behaviour", behaviours.size());
  if (cases.empty() && sequences.empty() && scalars.empty() && behaviours.empty())
    throw FileError(manifest.string() + ": has no case, expected something to judge");

  FolderResult result;
  const auto announce = [&](const std::string& name) {
    if (progress) progress(name);
  };
  const auto add = [&](const std::vector<CaseResult>& results) {
    for (const CaseResult& one : results) {
      result.counts.add(one);
      result.cases.push_back(one);
    }
  };
  for (const Case& c : cases) announce(c.name), add(run_case(c));
  for (const Case& c : sequences) announce(c.name), add(run_sequence(c));
  for (const Scalar& scalar : scalars) {
    announce(scalar.name);
    for (const Form form : {Form::staged, Form::fused}) {
      result.scalars.push_back(run_scalar(scalar, form));
      ++(result.scalars.back().passed() ? result.counts.required_passed : result.counts.required_failed);
    }
  }
  for (const Behaviour& behaviour : behaviours) {
    announce(behaviour.id);
    for (const BehaviourResult& one : try_behaviour(behaviour)) {
      ++(one.met ? result.behaviours_met : result.behaviours_unmet);
      result.behaviours.push_back(one);
    }
  }
  return result;
}

}  // namespace wengert::conform
