"""What a parcel costs, by ship."""
