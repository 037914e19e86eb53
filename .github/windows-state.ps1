# Writes down what set-up may change on a machine: users, groups, rights, rules, filters, lists, profiles.
param([string]$Output)
$ErrorActionPreference = 'Stop'
$lines = @()
$lines += Get-LocalUser | ForEach-Object { "user $($_.Name) $($_.Enabled)" }
$lines += Get-LocalGroup | ForEach-Object {
  $group = $_.Name
  "group $group"
  Get-LocalGroupMember -Group $group -ErrorAction SilentlyContinue | ForEach-Object { "member $group $($_.Name)" }
}
$rights = New-TemporaryFile
secedit /export /areas USER_RIGHTS /cfg $rights | Out-Null
$lines += Get-Content $rights | Where-Object { $_ -like 'Se*' } | ForEach-Object { "right $_" }
Remove-Item $rights
$lines += Get-NetFirewallRule | ForEach-Object { "rule $($_.DisplayName) $($_.Enabled) $($_.Action)" }
$filters = New-TemporaryFile
netsh wfp show filters file=$filters | Out-Null
$lines += Select-String -Path $filters -Pattern 'Ringfence' | ForEach-Object { "filter $($_.Line.Trim())" }
Remove-Item $filters
$winlogon = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\SpecialAccounts\UserList'
if (Test-Path $winlogon) { $lines += (Get-Item $winlogon).Property | ForEach-Object { "sign-in $_" } }
$lines += Get-ChildItem 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList' | ForEach-Object { "profile $($_.PSChildName)" }
$lines += Get-ChildItem $env:ProgramData | ForEach-Object { "data $($_.Name)" }
foreach ($place in @($env:JAVA_HOME, $PWD.Path)) { $lines += "list $place $((Get-Acl $place).Sddl)" }
$lines | Sort-Object | Set-Content $Output
