"""AWS itself: what is published and trained there, through boto3 and openai."""
