"""The local cloud: Lambda, S3, IAM, CloudWatch and Bedrock RFT on this machine."""
