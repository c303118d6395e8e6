"""rewardkit.toml, and the requests that its settings become."""

import json
from pathlib import Path

import botocore.session
import pytest
from botocore.validate import validate_parameters

from rewardkit import settings
from rewardkit.errors import UsageError
from rewardkit.specs import FunctionSpec, NovaSpec, OpenWeightSpec


def write(folder: Path, text: str) -> settings.Settings:
    (folder / "rewardkit.toml").write_text(text)
    return settings.load(folder)


def test_without_a_file_everything_has_a_default(tmp_path: Path) -> None:
    loaded = settings.load(tmp_path)
    job = loaded.job()
    assert isinstance(job, OpenWeightSpec)
    assert (job.model, job.n_epochs, job.batch_size) == ("openai.gpt-oss-20b", 1, 4)
    assert loaded.rollouts() == tmp_path / "rollouts.jsonl"
    assert loaded.function("my_reward").name == "rewardkit-my-reward"


def test_the_model_chooses_the_road(tmp_path: Path) -> None:
    job = write(tmp_path, '[train]\nmodel = "amazon.nova-2-lite-v1:0:256k"\nbatch_size = 64\n').job()
    assert isinstance(job, NovaSpec)
    assert (job.region, job.batch_size) == ("us-east-1", 64)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[reward\n", "rewardkit.toml"),
        ("[rewards]\n", r"\[rewards\] means nothing here"),
        ("[function]\nmemroy = 3\n", r"\[function\] memroy means nothing here"),
        ("[function]\nmemory = 64\n", r"\[function\] memory: .*128, not 64"),
        ("[function]\nname = 'a b'\n", r"\[function\] name"),
        ("[train]\nmodel = 'gpt-5'\n", r"\[train\] model"),
        ("[train]\nmodel = 'amazon.nova-2-lite-v1:0'\nbatch_size = 4\n", r"\[train\] batch_size: .*16, not 4"),
        ("[train]\nbatchsize = 4\n", r"\[train\] batchsize"),
    ],
)
def test_a_wrong_setting_says_which_and_what_is_allowed(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        loaded = write(tmp_path, text)
        loaded.function("x")
        loaded.job()


def test_the_role_may_ask_the_judges_and_no_other_model(tmp_path: Path) -> None:
    (tmp_path / "rewardkit.toml").write_text(
        '[function]\njudges = ["us.amazon.nova-pro-v1:0", "amazon.nova-lite-v1:0"]\n', encoding="utf-8"
    )
    asked = json.loads(settings.load(tmp_path).function("r").role_policy()["PolicyDocument"])["Statement"][1]
    assert asked["Action"] == ["bedrock:InvokeModel"]
    assert asked["Resource"] == [
        "arn:aws:bedrock:*:*:inference-profile/us.amazon.nova-pro-v1:0",
        "arn:aws:bedrock:*::foundation-model/amazon.nova-lite-v1:0",
        "arn:aws:bedrock:*::foundation-model/amazon.nova-pro-v1:0",
    ]
    profile = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"
    document = FunctionSpec(name="r", judges=[profile]).role_policy()["PolicyDocument"]
    assert json.loads(document)["Statement"][1]["Resource"] == ["arn:aws:bedrock:*::foundation-model/*", profile]
    assert "InvokeModel" not in FunctionSpec(name="r").role_policy()["PolicyDocument"]


@pytest.mark.parametrize("service", ["lambda", "iam", "bedrock"])
def test_requests_are_what_botocores_models_take(service: str, tmp_path: Path) -> None:
    spec = settings.load(tmp_path).function("r")
    nova = NovaSpec(file="train.jsonl", model="amazon.nova-2-lite-v1:0:256k")
    role, arn = "arn:aws:iam::123456789012:role/r", "arn:aws:lambda:us-east-1:123456789012:function:r:1"
    uri = "s3://bucket/key"
    job = nova.request(name="r-1", training_uri=uri, output_uri=uri, role_arn=role, function_arn=arn)
    requests = {
        "lambda": [
            ("CreateFunction", spec.create(role, {"ZipFile": b"zip"})),
            ("UpdateFunctionCode", spec.update_code({"ZipFile": b"zip"})),
            ("UpdateFunctionConfiguration", spec.configuration(role)),
        ],
        "iam": [
            ("CreateRole", spec.role()),
            ("PutRolePolicy", spec.role_policy()),
            ("CreateRole", nova.role(spec, account="123456789012")),
            ("PutRolePolicy", nova.role_policy(spec, account="123456789012", bucket="bucket")),
        ],
        "bedrock": [("CreateModelCustomizationJob", job)],
    }
    model = botocore.session.get_session().get_service_model(service)
    for operation, request in requests[service]:
        validate_parameters(request, model.operation_model(operation).input_shape)
