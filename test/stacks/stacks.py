"""What tests of stacks have in common."""
from server import eventually


def ended(stacks, name, seconds=20):
    """The stack's description, once nothing of it is under way. `stacks`: a client."""
    def found():
        stack = stacks.describe_stacks(StackName=name)["Stacks"][0]
        return None if stack["StackStatus"].endswith("_IN_PROGRESS") else stack
    return eventually(found, seconds)


def settled(stacks, name, status):
    """The same; it must have ended so."""
    stack = ended(stacks, name)
    if not stack or stack["StackStatus"] != status:
        failed = [e for e in stacks.describe_stack_events(StackName=name)["StackEvents"] if e["ResourceStatus"].endswith("FAILED")]
        raise AssertionError(f"{name} is to be {status}: {stack}, as {failed}")
    return stack


def keep(server, name, body):
    """An object of the bucket `templates`, which is there; its address."""
    server.client("s3").put_object(Bucket="templates", Key=name, Body=body)
    return f"https://s3.us-east-1.amazonaws.com/templates/{name}"


MARKUP = "<img src=x onerror=document.title='broken'>"
# What a launch page shows, with markup wherever words of a template's may stand.
LAUNCHED = """
Description: "A group %(markup)s"
Metadata:
  AWS::CloudFormation::Interface:
    ParameterGroups:
      - {Label: {default: "First %(markup)s"}, Parameters: [Days, Secret]}
    ParameterLabels:
      Days: {default: "How long %(markup)s"}
Parameters:
  Days: {Type: Number, Default: 30, Description: "In days %(markup)s"}
  Colour: {Type: String, Default: red, AllowedValues: [red, "%(markup)s"]}
  Secret: {Type: String, NoEcho: true, Default: hunter2hunter2}
Resources:
  Group: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: launched, RetentionInDays: !Ref Days}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: sts:AssumeRole}]
""" % {"markup": MARKUP}
