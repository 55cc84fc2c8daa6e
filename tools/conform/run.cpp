// SPDX-License-Identifier: MIT
#include <tools/conform/batch_norm_case.h>
#include <tools/conform/dtype.h>
#include <tools/conform/group_norm_case.h>
#include <tools/conform/instance_norm_case.h>
#include <tools/conform/layer_norm_case.h>
#include <tools/conform/rms_norm_case.h>
#include <tools/conform/run.h>
#include <tools/conform/running_case.h>

#include <algorithm>
#include <array>
#include <limits>

namespace wengert::conform {
namespace {

template <class T>
Outputs<T> outputs_of(const Case& c, const Npz& arrays, Form form) {
  if (c.layer == "layer_norm") return layer_norm_outputs<T>(c, arrays, form);
  if (c.layer == "rms_norm") return rms_norm_outputs<T>(c, arrays, form);
  if (c.layer == "group_norm") return group_norm_outputs<T>(c, arrays, form);
  if (c.layer == "instance_norm") return instance_norm_outputs<T>(c, arrays, form);
  return batch_norm_outputs<T>(c, arrays, form);
}

template <class T>
Outputs<T> case_outputs(const Case& c, const Npz& arrays, Form form) {
  Outputs<T> outputs = outputs_of<T>(c, arrays, form);
  outputs.merge(running_outputs<T>(c, arrays, form));
  return outputs;
}

template <class T>
using Compute = Outputs<T> (*)(const Case&, const Npz&, Form);

template <class T>
CaseResult run_in(const Case& c, const Npz& arrays, Form form, Compute<T> compute) {
  CaseResult result{
      .name = c.name, .layer = c.layer, .form = form, .dtype = dtype_name<T>, .judgement = {}, .problem = {}};
  result.required = !c.optional && std::ranges::find(c.dtypes, result.dtype) != c.dtypes.end();
  try {
    result.judgement = judge(c, arrays, compute(c, arrays, form));
  } catch (const FileError&) {
    throw;
  } catch (const Error& error) {
    result.problem = error.what();
  }
  return result;
}

std::vector<CaseResult> run_all(const Case& c, Compute<float> single, Compute<double> wide) {
  const Npz arrays(c.file);
  for (const std::string& name : c.arrays) {
    if (!arrays.contains(name))
      throw FileError(c.file.string() + ": no member " + name + ".npy, which the manifest lists");
  }
  std::vector<std::string> dtypes = c.dtypes;
  dtypes.insert(dtypes.end(), c.optional_dtypes.begin(), c.optional_dtypes.end());
  std::vector<CaseResult> results;
  for (const Form form : {Form::staged, Form::fused}) {
    for (const std::string& dtype : dtypes) {
      if (dtype == dtype_name<float>) {
        results.push_back(run_in<float>(c, arrays, form, single));
      } else if (dtype == dtype_name<double>) {
        results.push_back(run_in<double>(c, arrays, form, wide));
      } else {
        throw FileError(c.name + ": dtype is " + dtype + ", expected float32 or float64");
      }
    }
  }
  return results;
}

std::string counted(const char* what, int passed, int failed) {
  return what + (" " + std::to_string(passed)) + " passed, " + std::to_string(failed) + " failed";
}

}  // namespace

std::vector<std::string> CaseResult::missing() const {
  std::vector<std::string> names = judgement.not_computed;
  std::erase(names, "running_var_out_biased");
  return names;
}

bool CaseResult::passed() const {
  return problem.empty() && missing().empty() && std::ranges::all_of(judgement.verdicts, &Verdict::passed);
}

std::optional<bool> CaseResult::passed_centred() const {
  std::optional<bool> passed;
  for (const Verdict& verdict : judgement.verdicts) {
    if (verdict.centred) passed = passed.value_or(true) && verdict.centred->units <= 1;
  }
  return passed;
}

double CaseResult::worst() const {
  if (!problem.empty() || !missing().empty()) return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (const Verdict& verdict : judgement.verdicts) worst = std::max(worst, verdict.worst.units);
  return worst;
}

std::string CaseResult::failures() const {
  std::string text = problem;
  for (const Verdict& verdict : judgement.verdicts) {
    if (!verdict.passed()) text += (text.empty() ? "" : "\n") + verdict.text;
  }
  for (const std::string& output : missing())
    text += (text.empty() ? "" : "\n") + output + " is stated and was not computed";
  return text;
}

bool can_run(const Case& c) {
  constexpr std::array layers{"batch_norm", "layer_norm", "rms_norm", "group_norm", "instance_norm"};
  if (c.mode == "eval") return c.layer == "batch_norm";
  return c.mode == "train" && std::ranges::find(layers, c.layer) != layers.end();
}

void expect_known(const Case& c) {
  if (can_run(c)) return;
  throw FileError(
      c.name + ": layer is " + c.layer + " in mode " + c.mode +
      ", expected batch_norm, layer_norm, rms_norm, group_norm or instance_norm in mode train, or "
      "batch_norm in mode eval");
}

std::vector<CaseResult> run_case(const Case& c) {
  expect_known(c);
  return run_all(c, case_outputs<float>, case_outputs<double>);
}

std::vector<CaseResult> run_sequence(const Case& c) {
  if (c.layer != "batch_norm")
    throw FileError(c.name + ": the layer of the sequence is " + c.layer + ", expected batch_norm");
  return run_all(c, sequence_outputs<float>, sequence_outputs<double>);
}

void Counts::add(const CaseResult& result) {
  int& passed = result.required ? required_passed : optional_passed;
  int& failed = result.required ? required_failed : optional_failed;
  ++(result.passed() ? passed : failed);
  const std::optional<bool> centred = result.passed_centred();
  if (!centred) return;
  if (result.form == Form::staged) {
    ++(*centred ? staged_centred_passed : staged_centred_failed);
  } else {
    ++(*centred ? centred_passed : centred_failed);
  }
}

std::string to_string(const Counts& counts) {
  return counted("required", counts.required_passed, counts.required_failed) + "; " +
         counted("centred", counts.centred_passed, counts.centred_failed) + "; " +
         counted("optional", counts.optional_passed, counts.optional_failed);
}

}  // namespace wengert::conform
