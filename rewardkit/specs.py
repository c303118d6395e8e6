"""What is shipped and what is trained, as plain requests.

A FunctionSpec and a JobSpec are settings; their methods return exactly the keyword arguments of the SDK's calls,
so that `--plan` can print what would be sent, and nothing else decides what is sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeAlias, cast, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from rewardkit.bundle import HANDLER
from rewardkit.wire import Shape

Request: TypeAlias = dict[str, Any]


# At 1,769 MB Lambda gives a function one whole core.
_ONE_CORE_MB = 1769
# What the ids of cross-region inference profiles begin with.
_AREAS = frozenset({"us", "us-gov", "eu", "apac", "jp", "au", "ca", "global"})


class _Spec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FunctionSpec(_Spec):
    """The Lambda function of a reward.

    Attributes:
        name: letters, digits, - and _. Put `SageMaker` into it, in this case, if HyperPod is to call it too.
        memory: MB, 128 to 10,240.
        timeout: seconds for one batch, 1 to 900.
        python: the runtime's version.
        architecture: `arm64` or `x86_64`.
        environment: variables for the function.
        requirements: distributions to bundle that no import shows, such as `numpy==2.3.1`.
        include: data files to bundle, as patterns relative to the reward's file.
        judges: models on Bedrock that the reward asks: ids, inference profiles or ARNs; the role may invoke them.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9-_]{1,64}$")]
    memory: Annotated[int, Field(ge=128, le=10240)] = _ONE_CORE_MB
    timeout: Annotated[int, Field(ge=1, le=900)] = 300
    python: Literal["3.11", "3.12", "3.13", "3.14"] = "3.13"
    architecture: Literal["arm64", "x86_64"] = "arm64"
    environment: dict[str, str] = Field(default_factory=dict)
    requirements: list[str] = Field(default_factory=list)
    include: list[str] = Field(default_factory=list)
    judges: list[str] = Field(default_factory=list)

    @property
    def response_shape(self) -> Shape | None:
        """The shape of the response that the environment forces, if it does."""
        forced = self.environment.get("REWARDKIT_RESPONSE")
        return cast("Shape", forced) if forced in get_args(Shape) else None

    @property
    def role_name(self) -> str:
        """The function's execution role; IAM allows 64 characters."""
        return f"{self.name[:52]}-lambda-role"

    def role(self) -> Request:
        """The arguments of `iam.create_role` for the execution role."""
        return {
            "RoleName": self.role_name,
            "AssumeRolePolicyDocument": trust("lambda.amazonaws.com"),
            "Description": f"Execution role of the reward function {self.name}",
            "Tags": [{"Key": "created-by", "Value": "rewardkit"}],
        }

    def role_policy(self) -> Request:
        """The arguments of `iam.put_role_policy`: its own log group and its judges, and nothing else."""
        logs = "arn:aws:logs:*:*:log-group:/aws/lambda/" + self.name
        actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
        statements: list[Request] = [{"Effect": "Allow", "Action": actions, "Resource": [logs, f"{logs}:*"]}]
        models = sorted({arn for judge in self.judges for arn in _model_arns(judge)})
        if models:
            statements.append({"Effect": "Allow", "Action": ["bedrock:InvokeModel"], "Resource": models})
        return {"RoleName": self.role_name, "PolicyName": "logs", "PolicyDocument": policy(*statements)}

    def create(self, role_arn: str, code: Mapping[str, Any]) -> Request:
        """The arguments of `lambda.create_function`."""
        tags = {"created-by": "rewardkit"}
        return self.configuration(role_arn) | {
            "Architectures": [self.architecture],
            "Code": dict(code),
            "PackageType": "Zip",
            "Publish": False,
            "Tags": tags,
        }

    def update_code(self, code: Mapping[str, Any]) -> Request:
        """The arguments of `lambda.update_function_code`."""
        return {"FunctionName": self.name, "Architectures": [self.architecture], "Publish": False, **code}

    def configuration(self, role_arn: str) -> Request:
        """The arguments of `lambda.update_function_configuration`."""
        return {
            "FunctionName": self.name,
            "Role": role_arn,
            "Handler": HANDLER,
            "Runtime": f"python{self.python}",
            "MemorySize": self.memory,
            "Timeout": self.timeout,
            "Environment": {"Variables": self.environment},
        }


class OpenWeightSpec(_Spec):
    """A job for an open-weight model, through Bedrock's OpenAI-compatible API.

    Attributes:
        file: the training file, JSON Lines of prompts.
        model: the base model.
        region: where function and job live.
        n_epochs: how often the prompts are gone through.
        batch_size: prompts a step.
        learning_rate_multiplier: relative to the service's own rate.
    """

    road: ClassVar[str] = "open-weight"

    file: str
    model: Literal["openai.gpt-oss-20b", "qwen.qwen3-32b"] = "openai.gpt-oss-20b"
    region: str = "us-west-2"
    n_epochs: Annotated[int, Field(ge=1)] = 1
    batch_size: Annotated[int, Field(ge=1)] = 4
    learning_rate_multiplier: Annotated[float, Field(gt=0)] = 1.0

    def request(self, *, training_file: str, function_arn: str) -> Request:
        """The arguments of `fine_tuning.jobs.create` of the openai SDK.

        Args:
            training_file: the id of the uploaded file.
            function_arn: the version that scores; a version, because an alias could move in the middle of a run.
        """
        grader = {"type": "lambda", "lambda": {"function": function_arn}}
        return {
            "model": self.model,
            "training_file": training_file,
            "method": {
                "type": "reinforcement",
                "reinforcement": {"grader": grader, "hyperparameters": self.hyperparameters()},
            },
        }

    def hyperparameters(self) -> Request:
        """The numbers of the job under their names on the wire."""
        return {
            "n_epochs": self.n_epochs,
            "batch_size": self.batch_size,
            "learning_rate_multiplier": self.learning_rate_multiplier,
        }


class NovaSpec(_Spec):
    """A job for a Nova model, through Bedrock's native API.

    Attributes:
        file: the training file, JSON Lines of prompts.
        model: the base model.
        region: where function, bucket and job live.
        bucket: for the training file and the output; by default `rewardkit-ACCOUNT-REGION`, made when missing.
        role_arn: what Bedrock assumes; by default a role of the function's name, made when missing.
        epoch_count: 1 to 50.
        batch_size: prompts a step, 16 to 512.
        learning_rate: 1e-7 to 1e-3.
        max_prompt_length: tokens; the service leaves longer prompts out.
        training_sample_per_prompt: responses sampled a prompt, 2 to 16.
        inference_max_tokens: the longest response.
        reasoning_effort: `low`, `medium` or `high`.
        eval_interval: steps between evaluations, 1 to 100.
    """

    road: ClassVar[str] = "nova"

    file: str
    model: Annotated[str, StringConstraints(pattern=r"amazon\.nova")]
    region: str = "us-east-1"
    bucket: str = ""
    role_arn: str = ""
    epoch_count: Annotated[int, Field(ge=1, le=50)] = 1
    batch_size: Annotated[int, Field(ge=16, le=512)] = 32
    learning_rate: Annotated[float, Field(ge=1e-7, le=1e-3)] = 1e-5
    max_prompt_length: Annotated[int, Field(ge=1)] = 4096
    training_sample_per_prompt: Annotated[int, Field(ge=2, le=16)] = 8
    inference_max_tokens: Annotated[int, Field(ge=1)] = 2048
    reasoning_effort: Literal["low", "medium", "high"] = "high"
    eval_interval: Annotated[int, Field(ge=1, le=100)] = 10

    def request(
        self, *, name: str, training_uri: str, output_uri: str, role_arn: str, function_arn: str
    ) -> Request:
        """The arguments of `bedrock.create_model_customization_job`."""
        grader = {"lambdaGrader": {"lambdaArn": function_arn}}
        return {
            "jobName": name,
            "customModelName": name,
            "roleArn": role_arn,
            "baseModelIdentifier": self.base_model(),
            "customizationType": "REINFORCEMENT_FINE_TUNING",
            "trainingDataConfig": {"s3Uri": training_uri},
            "outputDataConfig": {"s3Uri": output_uri},
            "customizationConfig": {
                "rftConfig": {"graderConfig": grader, "hyperParameters": self.hyperparameters()}
            },
            "clientRequestToken": name,
        }

    def hyperparameters(self) -> Request:
        """The numbers of the job under their names on the wire."""
        return {
            "epochCount": self.epoch_count,
            "batchSize": self.batch_size,
            "learningRate": self.learning_rate,
            "maxPromptLength": self.max_prompt_length,
            "trainingSamplePerPrompt": self.training_sample_per_prompt,
            "inferenceMaxTokens": self.inference_max_tokens,
            "reasoningEffort": self.reasoning_effort,
            "evalInterval": self.eval_interval,
        }

    def base_model(self) -> str:
        """The model's ARN."""
        arn = f"arn:aws:bedrock:{self.region}::foundation-model/{self.model}"
        return self.model if self.model.startswith("arn:") else arn

    def role(self, function: FunctionSpec, *, account: str) -> Request:
        """The arguments of `iam.create_role` for what Bedrock assumes.

        AmazonBedrockFullAccess lets people pass only roles that have AmazonBedrock in their names.
        """
        jobs = f"arn:aws:bedrock:{self.region}:{account}:model-customization-job/*"
        condition = {"StringEquals": {"aws:SourceAccount": account}, "ArnEquals": {"aws:SourceArn": jobs}}
        return {
            "RoleName": f"{function.name[:50]}-AmazonBedrock",
            "AssumeRolePolicyDocument": trust("bedrock.amazonaws.com", condition),
            "Description": f"What Bedrock may do when it trains with the reward function {function.name}",
            "Tags": [{"Key": "created-by", "Value": "rewardkit"}],
        }

    def role_policy(self, function: FunctionSpec, *, account: str, bucket: str) -> Request:
        """The arguments of `iam.put_role_policy`: the bucket, and the function with its versions."""
        arn = f"arn:aws:lambda:{self.region}:{account}:function:{function.name}"
        actions = ["s3:GetObject", "s3:PutObject", "s3:ListBucket"]
        resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        own = {"StringEquals": {"aws:PrincipalAccount": account}}
        data = {"Effect": "Allow", "Action": actions, "Resource": resources, "Condition": own}
        invoke = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": [arn, f"{arn}:*"]}
        role = f"{function.name[:50]}-AmazonBedrock"
        return {"RoleName": role, "PolicyName": "train", "PolicyDocument": policy(data, invoke)}


JobSpec: TypeAlias = OpenWeightSpec | NovaSpec


def job_spec(settings: Mapping[str, Any]) -> JobSpec:
    """The spec of the road that the settings' model takes.

    Raises:
        pydantic.ValidationError: a setting is wrong.
    """
    nova = re.search(r"amazon\.nova", str(settings.get("model", "")))
    return (NovaSpec if nova else OpenWeightSpec).model_validate(settings)


def trust(service: str, condition: Mapping[str, Any] | None = None) -> str:
    """The trust policy that lets a service assume a role, as JSON text."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return policy(statement | ({"Condition": condition} if condition else {}))


def _model_arns(judge: str) -> list[str]:
    """What a role must be allowed to invoke for a model: a profile needs the models that it stands for, too."""
    if judge.startswith("arn:"):
        return [judge, *(["arn:aws:bedrock:*::foundation-model/*"] if "inference-profile/" in judge else [])]
    area, _, model = judge.partition(".")
    if area not in _AREAS:
        return [f"arn:aws:bedrock:*::foundation-model/{judge}"]
    return [f"arn:aws:bedrock:*:*:inference-profile/{judge}", f"arn:aws:bedrock:*::foundation-model/{model}"]


def policy(*statements: Mapping[str, Any]) -> str:
    """An IAM policy as JSON text."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
